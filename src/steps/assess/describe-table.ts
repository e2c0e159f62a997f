import type { ColumnCensus, ColumnPlan, TextShape, ValueKind } from '../../schema/model.js';
import type { PlannedTable } from '../../snapshot/plan-move.js';
import type { AssessedColumn, AssessedTable, ColumnValues } from './assessment.js';

const CLASSES = ['null', 'integer', 'real', 'text', 'blob'] as const;

const DATE_SHAPES: readonly TextShape[] = [
  'YYYY-MM-DD',
  'YYYY-MM-DDTHH:MM:SS',
  'YYYY-MM-DDTHH:MM:SS.ffffff',
  'YYYY-MM-DD HH:MM:SS',
  'YYYY-MM-DD HH:MM:SS.fff',
  'with zone',
];

/** Kinds that say more than the storage class. Only a column of booleans cares for `not 0 or 1`. */
const ODD_KINDS: readonly ValueKind[] = [
  'overflowed integer',
  'unsafe integer',
  'NUL in text',
  'not UTF-8',
  'infinity',
];

/** @param bytes of the pages of each table and index, by name */
export function describeTable(
  { plan, examined, rejectedRows }: PlannedTable,
  bytes: ReadonlyMap<string, number>,
): AssessedTable {
  const indexes = plan.source.indexes.map(({ name }) => bytes.get(name) ?? 0);
  return {
    name: plan.source.name,
    targetName: plan.targetName,
    rows: plan.rows,
    rejectedRows,
    bytes: bytes.get(plan.source.name) ?? 0,
    indexBytes: indexes.reduce((sum, each) => sum + each, 0),
    columns: plan.columns.map((column) =>
      describeColumn(column, examined.census.get(column.source.name)),
    ),
  };
}

function describeColumn(plan: ColumnPlan, census: ColumnCensus | undefined): AssessedColumn {
  const { name, declaredType, affinity, notNull, generated } = plan.source;
  const { targetName, type, why } = plan;
  const values = census === undefined ? null : describeValues(census, type === 'boolean');
  return { name, targetName, declaredType, affinity, notNull, generated, type, why, values };
}

function describeValues(census: ColumnCensus, isBoolean: boolean): ColumnValues {
  const { counts, shapes, integerMin, integerMax, realMin, realMax } = census;
  const dates = occurring(shapes, DATE_SHAPES);
  return {
    classes: occurring(counts, CLASSES),
    integers: range(integerMin, integerMax),
    reals: range(realMin, realMax),
    textBytesMax: census.textBytesMax,
    blobBytesMax: census.blobBytesMax,
    dates: {
      count: Object.values(dates).reduce((sum, count) => sum + count, 0),
      shapes: dates,
    },
    digitTexts: shapes.digits,
    oddities: occurring(counts, isBoolean ? [...ODD_KINDS, 'not 0 or 1'] : ODD_KINDS),
  };
}

function range(min: bigint | number | null, max: bigint | number | null) {
  return min === null || max === null ? null : { min: String(min), max: String(max) };
}

/** The counts that are not zero. */
function occurring<Kind extends string>(
  counts: Readonly<Record<Kind, number>>,
  kinds: readonly Kind[],
): Partial<Record<Kind, number>> {
  const found = kinds.filter((kind) => counts[kind] > 0).map((kind) => [kind, counts[kind]]);
  return Object.fromEntries(found) as Partial<Record<Kind, number>>;
}
