import type { Client } from 'pg';
import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';
import type { FollowedTable } from '../followed-table.js';
import type { Position } from '../position.js';
import type { ChangeSet } from '../side.js';
import type { Connection, Row } from './connection.js';
import { authorityOf, fencePosition } from './facts.js';
import { mustBeAuthority } from './fence.js';
import { SCHEMA_FINGERPRINT, tablesDigest } from './fingerprint.js';
import { flushWal } from './flush-wal.js';
import { snapshotBelow, unseenBehind, type XidRange } from './log-snapshot.js';
import { type RowsText, readRows } from './read-rows.js';

/**
 * Log entries in one set, about: what is behind them is left for the next, at the end of a
 * transaction. Bounds the memory that a set takes, and the time for which a follower's rows are locked.
 */
const ENTRIES_MAX = 50_000;

/**
 * Reads what was logged behind a position, and the rows in the same snapshot; null when nothing was.
 * No crash of the server takes back what was read.
 */
type ReadChanges = (behind: Position, epoch: number) => Promise<ChangeSet | null>;

export function changesReader(
  target: Target,
  connection: Connection,
  tables: readonly FollowedTable[],
): ReadChanges {
  const digest = tablesDigest(tables);
  const byNumber = new Map(tables.map((table) => [table.number, table]));
  const tableNumbered = (number: number) => {
    const table = byNumber.get(number);
    if (table === undefined) throw schemaHasChanged(target);
    return table;
  };
  let isBusy = true;

  return async (behind, epoch) => {
    if (!isBusy && !(await connection.run((client) => hasMoved(target, client, behind, epoch)))) {
      return null;
    }
    const read = await connection.transaction(BEGIN, async (client) => {
      const state = await readState(target, client, digest, epoch);
      const log = await readLog(client, unseenBehind(behind, state.snapshot));
      if (log.entries === 0) return null;
      const wanted = [...log.keys].map(([number, keys]) => {
        const table = tableNumbered(number);
        return { table, keys: keys.map((fields) => mustBeKey(table, fields)) };
      });
      const rows = await readRows(client, wanted);
      const set: ChangeSet = {
        epoch,
        from: behind,
        to: endOf(behind, state, log),
        entries: log.entries,
        hasMore: log.below !== null,
        tables: wanted.map((each, place) => ({ ...each, ...(rows[place] as RowsText) })),
      };
      return { set, walEnd: state.walEnd };
    });
    isBusy = read !== null;
    if (read === null) return null;
    await connection.run((client) => flushWal(client, read.walEnd));
    return read.set;
  };
}

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** Asked every few milliseconds, so it does not look into the log: has any transaction ended? */
async function hasMoved(
  target: Target,
  client: Client,
  behind: Position,
  epoch: number,
): Promise<boolean> {
  const { rows } = await client.query<Row>({
    name: 'cardctl_has_moved',
    text: `SELECT store, epoch, moving, pg_current_snapshot() AS snapshot
             FROM cardctl.authority WHERE id = 1`,
  });
  const row = rows[0] ?? {};
  mustBeAuthority(target, authorityOf(row), epoch);
  return unseenBehind(behind, row.snapshot ?? '').length > 0;
}

interface State {
  snapshot: string;
  /** Behind all that the snapshot sees. */
  walEnd: string;
  /** The last position that there will be, when the fence is up. */
  fence: Position | null;
}

/** @throws CardctlError `refused` when what is logged is not what is asked for */
async function readState(
  target: Target,
  client: Client,
  digest: string,
  epoch: number,
): Promise<State> {
  const { rows } = await client.query<Row>({
    name: 'cardctl_read_state',
    text: `
      SELECT a.store, a.epoch, a.moving, f.fence_sequence, f.fence_snapshot, f.tables,
             f.schema IS NOT DISTINCT FROM ${SCHEMA_FINGERPRINT} AS is_whole,
             pg_current_snapshot() AS snapshot, pg_current_wal_insert_lsn() AS wal_end
        FROM cardctl.authority a, cardctl.follow f WHERE a.id = 1 AND f.id = 1`,
  });
  const row = rows[0] ?? {};
  mustBeAuthority(target, authorityOf(row), epoch);
  if (row.is_whole !== 't' || row.tables !== digest) throw schemaHasChanged(target);
  return {
    snapshot: row.snapshot ?? '',
    walEnd: row.wal_end ?? '',
    fence: fencePosition(row),
  };
}

interface Log {
  entries: number;
  /** The highest sequence number among them. */
  sequence: number;
  /** Transactions from here on are left for the next set; null when none is. */
  below: string | null;
  /** Each key once, by table number. */
  keys: Map<number, (string | null)[][]>;
}

async function readLog(client: Client, unseen: readonly XidRange[]): Promise<Log> {
  const { rows } = await client.query<Row>({
    name: 'cardctl_read_log',
    text: `
      WITH unseen AS MATERIALIZED (
        SELECT c.id, c.xid, c.tbl, c.key
          FROM unnest(CAST($1 AS xid8[]), CAST($2 AS xid8[])) AS range (first, last)
          JOIN cardctl.change c ON c.xid >= range.first AND c.xid <= range.last
      ), full_set AS (
        SELECT xid FROM unseen ORDER BY xid OFFSET ${ENTRIES_MAX - 1} LIMIT 1
      ), below AS (
        SELECT xid FROM unseen WHERE xid > (SELECT xid FROM full_set) ORDER BY xid LIMIT 1
      )
      SELECT tbl, count(*) AS entries, max(id) AS sequence, json_agg(DISTINCT key) AS keys,
             (SELECT xid FROM below) AS below
        FROM unseen WHERE (xid < (SELECT xid FROM below)) IS NOT FALSE
       GROUP BY tbl ORDER BY tbl`,
    values: [unseen.map(({ first }) => `${first}`), unseen.map(({ last }) => `${last}`)],
  });
  return {
    entries: rows.reduce((sum, { entries }) => sum + Number(entries), 0),
    sequence: Math.max(0, ...rows.map(({ sequence }) => Number(sequence))),
    below: rows[0]?.below ?? null,
    keys: new Map(rows.map(({ tbl, keys }) => [Number(tbl), JSON.parse(keys ?? '')])),
  };
}

/**
 * What a transaction of one snapshot sees logged behind a position; each key once, by table number.
 *
 * @throws CardctlError `refused` when the position is none of this database's
 */
export async function readLoggedKeys(
  client: Client,
  behind: Position,
): Promise<Map<number, (string | null)[][]>> {
  const { rows } = await client.query<Row>('SELECT pg_current_snapshot() AS snapshot');
  const now = rows[0]?.snapshot ?? '';
  const found = new Map<number, (string | null)[][]>();
  let { snapshot } = behind;
  for (;;) {
    const { keys, below } = await readLog(client, unseenBehind({ ...behind, snapshot }, now));
    for (const [number, some] of keys) found.set(number, [...(found.get(number) ?? []), ...some]);
    if (below === null) return found;
    snapshot = snapshotBelow(now, below);
  }
}

/** While the fence is up, the end of what is read is its position, however often it is read. */
function endOf(behind: Position, { snapshot, fence }: State, { sequence, below }: Log): Position {
  const highest = Math.max(sequence, behind.sequence);
  if (below !== null) return { sequence: highest, snapshot: snapshotBelow(snapshot, below) };
  return fence ?? { sequence: highest, snapshot };
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
