import { sameName } from '../../schema/names.js';
import { OWN_TRIGGERS } from '../../schema/read.js';
import type { CapturedTable } from '../captured-table.js';
import { sqliteIdent } from '../tables/source-line.js';
import { conflictConditions } from './look-again.js';
import { logColumns } from './own-tables.js';

export interface Trigger {
  name: string;
  /** As `sqlite_schema` keeps it. */
  sql: string;
}

/**
 * The triggers that log which rows of a table change, and keep writers out while the fence is up.
 *
 * They run in the SQLite of whoever writes, which may be years old: nothing here is newer than 3.24.
 * A statement of the writer is undone when a trigger of ours fails, so what they do is little.
 */
export function captureTriggers(captured: CapturedTable): Trigger[] {
  const { number, source, key } = captured;
  const table = source.name;
  const logOld = `${insertInto(captured)} VALUES (${number}, ${keyOf('OLD', key)})`;
  const logNew = `${insertInto(captured)} VALUES (${number}, ${keyOf('NEW', key)})`;
  return [
    trigger(number, table, 'BEFORE', 'INSERT', [FENCE, ...lookAgain(captured, 'INSERT')]),
    trigger(number, table, 'BEFORE', 'UPDATE', [FENCE, ...lookAgain(captured, 'UPDATE')]),
    trigger(number, table, 'BEFORE', 'DELETE', [FENCE]),
    trigger(number, table, 'AFTER', 'INSERT', [logNew]),
    trigger(number, table, 'AFTER', 'UPDATE', [logOld, logMoved(captured)]),
    trigger(number, table, 'AFTER', 'DELETE', [logOld]),
  ];
}

/** For a table that is not followed: nobody may write to it either while the fence is up. */
export function fenceTriggers(number: number, table: string): Trigger[] {
  return EVENTS.map((event) => trigger(number, table, 'BEFORE', event, [FENCE]));
}

type Event = 'INSERT' | 'UPDATE' | 'DELETE';

const EVENTS: readonly Event[] = ['INSERT', 'UPDATE', 'DELETE'];

/** What a writer is told, by whoever wrote it: it is shown as it stands. */
const IS_MOVING =
  'cardctl: this database takes no writes for a moment, while the game moves: try again. What goes on: cardctl status';
const HAS_MOVED =
  'cardctl: this database is a copy since the game moved to PostgreSQL: write there. Where that is: cardctl status';

/** Where nothing is said of who may write, anybody may. */
const FENCE = `SELECT CASE WHEN store = 'sqlite' THEN RAISE(ABORT, '${IS_MOVING}') ELSE RAISE(ABORT, '${HAS_MOVED}') END
    FROM cardctl_authority WHERE id = 1 AND (store <> 'sqlite' OR moving <> 0)`;

function trigger(
  number: number,
  table: string,
  when: 'BEFORE' | 'AFTER',
  event: Event,
  statements: readonly string[],
): Trigger {
  const name = `${OWN_TRIGGERS}${number}_${event}_${when}`.toLowerCase();
  const body = statements.map((sql) => `  ${sql};\n`).join('');
  const sql = `CREATE TRIGGER ${name} ${when} ${event} ON ${sqliteIdent(table)} FOR EACH ROW
WHEN (SELECT applying FROM cardctl_state WHERE id = 1) IS NOT 1 BEGIN
${body}END`;
  return { name, sql };
}

function lookAgain(captured: CapturedTable, event: 'INSERT' | 'UPDATE'): string[] {
  const { number, source, key } = captured;
  return conflictConditions(captured, event).map(
    (condition) =>
      `${insertInto(captured)} SELECT ${number}, ${key.map(sqliteIdent).join(', ')} FROM ${sqliteIdent(source.name)} WHERE ${condition}`,
  );
}

/**
 * A row that changes its key is two changes. To a collation the two keys may be one, and so are 1 and
 * 1.0, which only a column without a type keeps apart.
 */
function logMoved(captured: CapturedTable): string {
  const { number, source, key } = captured;
  const differs = key.flatMap((name) => {
    const column = sqliteIdent(name);
    const isOther = `OLD.${column} COLLATE BINARY IS NOT NEW.${column}`;
    const { affinity } = source.columns.find((each) => sameName(each.name, name)) ?? {};
    return affinity === 'blob'
      ? [isOther, `typeof(OLD.${column}) IS NOT typeof(NEW.${column})`]
      : [isOther];
  });
  return `${insertInto(captured)} SELECT ${number}, ${keyOf('NEW', key)} WHERE ${differs.join(' OR ')}`;
}

function insertInto({ key }: CapturedTable): string {
  return `INSERT INTO cardctl_change (tbl, ${logColumns(key.length)})`;
}

function keyOf(row: 'OLD' | 'NEW', key: readonly string[]): string {
  return key.map((name) => `${row}.${sqliteIdent(name)}`).join(', ');
}
