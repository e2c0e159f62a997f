import Database from 'better-sqlite3';
import { emitSchema } from '../../../src/schema/emit.js';
import { expressionContext } from '../../../src/schema/expression/context.js';
import { translateExpression } from '../../../src/schema/expression.js';
import type {
  ColumnCensus,
  ColumnPlan,
  ColumnRule,
  SourceColumn,
  SourceSchema,
  TextShape,
  ValueKind,
} from '../../../src/schema/model.js';
import { planTables } from '../../../src/schema/plan.js';
import { readSchema } from '../../../src/schema/read.js';

/** The schema that some SQL makes, as SQLite itself tells it. */
export function schemaOf(sql: string): SourceSchema {
  const db = new Database(':memory:');
  try {
    db.exec(sql);
    return readSchema(db);
  } finally {
    db.close();
  }
}

export interface CensusFacts {
  counts?: Partial<Record<ValueKind, number>>;
  shapes?: Partial<Record<TextShape, number>>;
  integerMax?: bigint;
  realMin?: number;
  realMax?: number;
  realNearest?: number;
  textBytesMax?: number;
}

/** A census that found nothing but the facts given; texts are of no known shape by default. */
export function censusOf(facts: CensusFacts = {}): ColumnCensus {
  const counts = { ...NO_COUNTS, ...facts.counts };
  const shapes = { ...NO_SHAPES, ...(facts.shapes ?? { other: counts.text }) };
  return {
    rows: counts.null + counts.integer + counts.real + counts.text + counts.blob,
    counts,
    integerMin: null,
    integerMax: facts.integerMax ?? null,
    realMin: facts.realMin ?? null,
    realMax: facts.realMax ?? null,
    realNearest: facts.realNearest ?? null,
    textBytesMax: facts.textBytesMax ?? 0,
    blobBytesMax: 0,
    shapes,
    seenAt: { text: [{ unit: 3, row: 4 }] },
  };
}

/** A column as `name declaration` makes it. */
export function columnOf(declaration: string): SourceColumn {
  const [column] = schemaOf(`CREATE TABLE t (${declaration})`).tables[0]?.columns ?? [];
  if (column === undefined) throw new Error(`no column in ${declaration}`);
  return column;
}

/** A column with the type it is planned to have. */
export function planOf(
  declaration: string,
  type: ColumnPlan['type'],
  more: Partial<ColumnPlan> = {},
): ColumnPlan {
  return { source: columnOf(declaration), targetName: 'x', type, why: '', rule: null, ...more };
}

/** Plan and DDL of some SQL, with census facts by `table.column`. */
export function emitted(
  sql: string,
  facts: Record<string, CensusFacts> = {},
  rules: Record<string, ColumnRule> = {},
  skip: string[] = [],
) {
  const schema = schemaOf(sql);
  const census = new Map(
    schema.tables.map((table) => [
      table.name,
      new Map(
        table.columns.flatMap((column) => {
          const found = facts[`${table.name}.${column.name}`];
          return found === undefined ? [] : [[column.name, censusOf(found)] as const];
        }),
      ),
    ]),
  );
  const plan = planTables(schema, census, new Map(Object.entries(rules)));
  return { plan, ddl: emitSchema(plan, { skip: new Set(skip) }) };
}

/** Tells why an expression over a table's columns is not translated; null when it is. */
export function reasonsOver(
  columns: readonly string[],
  facts: Record<string, CensusFacts>,
): (sql: string) => string | null {
  const { plan } = emitted(`CREATE TABLE t(${columns.join(', ')})`, facts);
  const [table] = plan.tables;
  if (table === undefined) throw new Error('no table');
  return (sql) => {
    const result = translateExpression(sql, expressionContext(table));
    return 'reason' in result ? result.reason : null;
  };
}

const NO_COUNTS: Record<ValueKind, number> = {
  null: 0,
  integer: 0,
  real: 0,
  text: 0,
  blob: 0,
  'not 0 or 1': 0,
  'overflowed integer': 0,
  'unsafe integer': 0,
  'NUL in text': 0,
  'not UTF-8': 0,
  infinity: 0,
};

const NO_SHAPES: Record<TextShape, number> = {
  'YYYY-MM-DD': 0,
  'YYYY-MM-DDTHH:MM:SS': 0,
  'YYYY-MM-DDTHH:MM:SS.ffffff': 0,
  'YYYY-MM-DD HH:MM:SS': 0,
  'YYYY-MM-DD HH:MM:SS.fff': 0,
  'with zone': 0,
  digits: 0,
  empty: 0,
  other: 0,
};
