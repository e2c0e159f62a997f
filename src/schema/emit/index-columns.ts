import { folded } from '../folding.js';
import { quoteIdent } from '../identifiers.js';
import type { ColumnPlan, SourceIndexColumn, TablePlan } from '../model.js';
import { columnOf, isInTarget } from '../planned-columns.js';

/** A third of a page, less what Postgres adds: a longer entry is refused. */
const ENTRY_BYTES_MAX = 2_600;

/** Why Postgres cannot index these columns together, or null. */
export function reasonAgainstIndex(columns: readonly ColumnPlan[]): string | null {
  const missing = columns.find((column) => !isInTarget(column));
  if (missing !== undefined) {
    return `the generated column ${missing.source.name} has no certain translation`;
  }
  if (columns.some((column) => column.type === 'json')) return 'json has no order to index by';
  const bytes = columns.reduce((sum, column) => sum + (column.bytesMax ?? 0), 0);
  if (bytes <= ENTRY_BYTES_MAX) return null;
  return `its values reach ${bytes} bytes, and an index entry of Postgres holds no more than ${ENTRY_BYTES_MAX}`;
}

/** The index compares text of this column other than by its bytes. */
export function isFolded(key: SourceIndexColumn, table: TablePlan): boolean {
  if (key.name === null) return key.collation !== 'BINARY';
  // Numbers and blobs have no case.
  return key.collation !== 'BINARY' && columnOf(key.name, table)?.type === 'text';
}

/** A key of an index as Postgres SQL, folded if SQLite folds it. */
export function foldedColumn(key: SourceIndexColumn, table: TablePlan): string {
  const name = quoteIdent(columnOf(key.name ?? '', table)?.targetName ?? '');
  return isFolded(key, table) ? folded(name, key.collation) : name;
}
