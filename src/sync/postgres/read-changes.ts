import type { Client } from 'pg';
import { CopyOut } from '../../drivers/copy-out.js';
import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';
import type { FollowedTable } from '../followed-table.js';
import type { Position } from '../position.js';
import type { ChangeSet, TableChanges } from '../side.js';
import { NULL_TEXT } from '../tables/copy-fields.js';
import type { Connection, Row } from './connection.js';
import { authorityOf, fencePosition } from './facts.js';
import { mustBeAuthority } from './fence.js';
import { SCHEMA_FINGERPRINT } from './fingerprint.js';
import { columnsSql, keyJoinSql, keyRowsSql, tableSql } from './key-sql.js';
import { snapshotBelow, type Unseen, unseenBehind } from './log-snapshot.js';

/**
 * Log entries in one set, about: what is behind them is left for the next, at the end of a
 * transaction. Bounds the memory that a set takes, and the time for which a follower's rows are locked.
 */
const ENTRIES_MAX = 50_000;

/** Reads what was logged behind a position, and the rows in the same snapshot; null when nothing was. */
export async function readChanges(
  target: Target,
  connection: Connection,
  tables: ReadonlyMap<number, FollowedTable>,
  tablesDigest: string,
  behind: Position,
  epoch: number,
): Promise<ChangeSet | null> {
  const unseen = unseenBehind(behind);
  const isBehind = await connection.run((client) => hasMore(target, client, unseen, epoch));
  if (!isBehind) return null;
  return connection.transaction(BEGIN_READING, async (client) => {
    const log = await readLog(target, client, tablesDigest, unseen, epoch);
    if (log.entries === 0) return null;
    const to = { sequence: Math.max(log.sequence, behind.sequence), snapshot: log.snapshot };
    const keys = await readKeys(client, { ...unseen, below: log.below });
    const changes: TableChanges[] = [];
    for (const [number, found] of keys) {
      changes.push(await readTable(client, tableNumbered(target, tables, number), found));
    }
    const hasMore = log.below !== null;
    const end = hasMore ? to : (log.fence ?? to);
    return { epoch, from: behind, to: end, entries: log.entries, hasMore, tables: changes };
  });
}

const BEGIN_READING = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** Asked every few milliseconds: two looks into an index. */
async function hasMore(
  target: Target,
  client: Client,
  { from, underWay }: Unseen,
  epoch: number,
): Promise<boolean> {
  const { rows } = await client.query<Row>({
    name: 'cardctl_has_more',
    text: `
      SELECT store, epoch, moving,
             EXISTS (SELECT FROM cardctl.change WHERE xid >= CAST($1 AS xid8))
             OR EXISTS (SELECT FROM cardctl.change WHERE xid = ANY (CAST($2 AS xid8[]))) AS has_more
        FROM cardctl.authority WHERE id = 1`,
    values: [from, underWay],
  });
  mustBeAuthority(target, authorityOf(rows[0] ?? {}), epoch);
  return rows[0]?.has_more === 't';
}

interface Log {
  entries: number;
  /** The highest sequence number among them. */
  sequence: number;
  /** Sees them, and none that is left for the next set. */
  snapshot: string;
  /** Transactions from here on are left for the next set; null when none is. */
  below: string | null;
  /** The last position there will be, when the fence is up. */
  fence: Position | null;
}

async function readLog(
  target: Target,
  client: Client,
  tablesDigest: string,
  { from, underWay }: Unseen,
  epoch: number,
): Promise<Log> {
  const { rows } = await client.query<Row>({
    name: 'cardctl_read_log',
    text: `
      WITH unseen AS (
        SELECT id, xid FROM cardctl.change WHERE xid >= CAST($1 AS xid8)
        UNION ALL
        SELECT id, xid FROM cardctl.change WHERE xid = ANY (CAST($2 AS xid8[]))
      ), last AS (
        SELECT xid FROM unseen ORDER BY xid OFFSET ${ENTRIES_MAX - 1} LIMIT 1
      ), below AS (
        SELECT min(xid) AS xid FROM unseen WHERE xid > (SELECT xid FROM last)
      )
      SELECT a.store, a.epoch, a.moving, f.fence_sequence, f.fence_snapshot, f.tables,
             f.schema IS NOT DISTINCT FROM ${SCHEMA_FINGERPRINT} AS is_whole,
             pg_current_snapshot() AS snapshot, below.xid AS below, taken.entries, taken.sequence
        FROM cardctl.authority a, cardctl.follow f, below, LATERAL (
          SELECT count(*) AS entries, max(id) AS sequence FROM unseen
           WHERE below.xid IS NULL OR unseen.xid < below.xid
        ) AS taken
       WHERE a.id = 1 AND f.id = 1`,
    values: [from, underWay],
  });
  const row = rows[0] ?? {};
  mustBeAuthority(target, authorityOf(row), epoch);
  if (row.is_whole !== 't' || row.tables !== tablesDigest) throw schemaHasChanged(target);
  const below = row.below ?? null;
  const snapshot = row.snapshot ?? '';
  return {
    entries: Number(row.entries),
    sequence: Number(row.sequence),
    snapshot: below === null ? snapshot : snapshotBelow(snapshot, below),
    below,
    fence: fencePosition(row),
  };
}

/** What a transaction sees logged behind a position, whatever its snapshot; each key once, by table number. */
export function readLoggedKeys(
  client: Client,
  behind: Position,
): Promise<Map<number, (string | null)[][]>> {
  return readKeys(client, { ...unseenBehind(behind), below: null });
}

async function readKeys(
  client: Client,
  { from, underWay, below }: Unseen & { below: string | null },
): Promise<Map<number, (string | null)[][]>> {
  const { rows } = await client.query<{ tbl: string; keys: string }>({
    name: 'cardctl_read_keys',
    text: `
      SELECT tbl, json_agg(key) AS keys FROM (
        SELECT tbl, key FROM cardctl.change
         WHERE xid >= CAST($1 AS xid8) AND xid < coalesce(CAST($3 AS xid8), '18446744073709551615')
        UNION
        SELECT tbl, key FROM cardctl.change
         WHERE xid = ANY (CAST($2 AS xid8[])) AND xid < coalesce(CAST($3 AS xid8), '18446744073709551615')
      ) AS changed GROUP BY tbl ORDER BY tbl`,
    values: [from, underWay, below],
  });
  return new Map(rows.map(({ tbl, keys }) => [Number(tbl), JSON.parse(keys)]));
}

async function readTable(
  client: Client,
  table: FollowedTable,
  found: (string | null)[][],
): Promise<TableChanges> {
  const keys = found.map((fields) => fields.map((field, place) => mustBeKey(table, place, field)));
  const { text, rowCount } = await copyRows(client, table, keys);
  return { table, keys, rows: text, rowCount };
}

/** The rows that keys name, as COPY text in no order. */
export async function copyRows(
  client: Client,
  table: FollowedTable,
  keys: readonly string[][],
): Promise<{ text: Buffer; rowCount: number }> {
  const copy = client.query(
    new CopyOut(
      `COPY (SELECT ${columnsSql(table, 't.')} FROM ${keyRowsSql(table, keys)}
               JOIN ${tableSql(table)} AS t ON ${keyJoinSql(table)}) TO STDOUT (NULL '${NULL_TEXT}')`,
    ),
  );
  const chunks: Buffer[] = [];
  for await (const chunk of copy) chunks.push(chunk as Buffer);
  return { text: Buffer.concat(chunks), rowCount: await copy.rowCount };
}

function tableNumbered(
  target: Target,
  tables: ReadonlyMap<number, FollowedTable>,
  number: number,
): FollowedTable {
  const table = tables.get(number);
  if (table === undefined) throw schemaHasChanged(target);
  return table;
}

function schemaHasChanged({ name }: Target): CardctlError {
  return new CardctlError(
    'refused',
    `tables of ${name} have changed since it began to follow: what was written to them may not have been logged`,
    { hint: 'Load it anew: cardctl migrate --follow --clean' },
  );
}

/** A NULL names no row. */
function mustBeKey({ table, key }: FollowedTable, place: number, field: string | null): string {
  if (field !== null) return field;
  const column = key[place]?.plan.targetName;
  throw new CardctlError(
    'refused',
    `a row of ${table.targetName} has NULL in ${column} of its key`,
    {
      hint: 'Give the row a key, then look for others: cardctl assess',
      details: { table: table.targetName, column },
    },
  );
}
