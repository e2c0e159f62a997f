import type { Client } from 'pg';
import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';
import type { FollowedTable } from '../followed-table.js';
import type { Position } from '../position.js';
import type { ChangeSet } from '../side.js';
import type { Connection, Row } from './connection.js';
import { authorityOf, fencePosition } from './facts.js';
import { mustBeAuthority } from './fence.js';
import { SCHEMA_FINGERPRINT } from './fingerprint.js';
import { snapshotBelow, type Unseen, unseenBehind } from './log-snapshot.js';
import { type RowsText, readRows } from './read-rows.js';

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
    const found = await readKeys(client, { ...unseen, below: log.below });
    const wanted = [...found].map(([number, keys]) => {
      const table = tableNumbered(target, tables, number);
      return { table, keys: keys.map((fields) => mustBeKey(table, fields)) };
    });
    const rows = await readRows(client, wanted);
    const changes = wanted.map((each, place) => ({ ...each, ...(rows[place] as RowsText) }));
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
             (SELECT xid FROM cardctl.change ORDER BY xid DESC LIMIT 1) >= CAST($1 AS xid8)
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
        SELECT (SELECT xid FROM unseen WHERE xid > (SELECT xid FROM last) ORDER BY xid LIMIT 1) AS xid
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

/** Each key once, by table number. */
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
function mustBeKey({ table, key }: FollowedTable, fields: (string | null)[]): string[] {
  const place = fields.indexOf(null);
  if (place < 0) return fields as string[];
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
