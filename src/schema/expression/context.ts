import { quoteIdent } from '../identifiers.js';
import type { ColumnPlan, SourceTable } from '../model.js';
import { foldName } from '../names.js';
import { BIGINT_MAGNITUDE } from './magnitude.js';
import { UNBOUNDED } from './reach.js';
import { piece, type Translated } from './translated.js';
import { Unsure } from './tree.js';

/** What the names in an expression stand for. */
export interface ExpressionContext {
  /** The column of this name, or undefined. */
  column(name: string): ColumnPlan | undefined;
  /** An expression of a generated column: Postgres lets it use no other generated column. */
  inlinesGenerated: boolean;
}

/** For an expression without columns: a default. */
export const NO_COLUMNS: ExpressionContext = { column: () => undefined, inlinesGenerated: false };

export function expressionContext(
  { source, columns }: { source: SourceTable; columns: readonly ColumnPlan[] },
  inlinesGenerated = false,
): ExpressionContext {
  const byName = new Map(columns.map((column) => [foldName(column.source.name), column]));
  const alias = source.rowidAlias === null ? undefined : byName.get(foldName(source.rowidAlias));
  return {
    inlinesGenerated,
    column: (name) => {
      const folded = foldName(name);
      return byName.get(folded) ?? (ROWID_NAMES.includes(folded) ? alias : undefined);
    },
  };
}

const ROWID_NAMES = ['rowid', '_rowid_', 'oid'];

export function columnPiece(column: ColumnPlan, context: ExpressionContext): Translated {
  const { source, generatedAs } = column;
  if (source.generated !== null && generatedAs === undefined) {
    throw new Unsure(`the generated column ${source.name} has no certain translation`);
  }
  const isInlined = context.inlinesGenerated && generatedAs !== undefined;
  return piece(isInlined ? generatedAs : quoteIdent(column.targetName), column.type, {
    affinity: source.affinity,
    collation: source.collation,
    atomic: !isInlined,
    magnitude: column.magnitude ?? BIGINT_MAGNITUDE,
    reach: column.reach ?? UNBOUNDED,
    column,
  });
}

/** Throws when the values of the column are of another kind in the target than in SQLite. */
export function checkKind({ column }: Translated): void {
  if (column === null) return;
  const { source, type, rule } = column;
  const isForeign =
    (rule?.type === 'text' && source.affinity !== 'text' && source.affinity !== 'blob') ||
    (rule?.type === 'bytea' && source.affinity !== 'blob') ||
    (source.affinity === 'real' && type === 'bigint');
  if (isForeign) {
    throw new Unsure(`${source.name} is ${type} in the target, of another kind than in SQLite`);
  }
}

/** What `typeof` says of every value of the column that is not NULL, or null when that differs. */
export function storageClassOf(column: ColumnPlan): string | null {
  switch (column.type) {
    case 'bigint':
    case 'boolean':
      return 'integer';
    case 'double precision':
      return column.source.affinity === 'real' ? 'real' : null;
    case 'numeric':
      return null;
    case 'bytea':
      return 'blob';
    default:
      return 'text';
  }
}
