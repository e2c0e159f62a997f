import { FIRST_AUTHORITY } from '../sync/authority.js';
import { authorityOf, notPrepared } from './authority.js';
import type { Executor, Value } from './executor.js';
import { hasTable } from './ledger-schema.js';
import type { Authority, Reply, Unsent } from './store.js';
import { idOf, idOrNull, textOf, textOrNull } from './values.js';

/**
 * Telegram numbers updates from a random id again when a bot got none for a week:
 * https://core.telegram.org/bots/api#update
 */
const IDS_BEGIN_ANEW_AFTER_MS = 7 * 24 * 3_600_000;

/** What a database knows of an update before it is applied. */
export interface Found {
  authority: Authority;
  /** The replies of then when it was applied before; none once they are sent or forgotten. */
  repeated: Reply[] | null;
  /** The ledger is of an earlier numbering, and says nothing of this update. */
  idsBeganAnew: boolean;
}

/** Which of our tables a database was seen to have; once there, they stay. */
export interface KnownTables {
  authority: boolean;
  ledger: boolean;
}

export async function lookUp(
  db: Executor,
  known: KnownTables,
  updateId: bigint,
  now: Date,
): Promise<Found> {
  if (!known.authority || !known.ledger) {
    await lookForTables(db, known);
    if (!known.authority && db.dialect.kind === 'postgres') {
      return { authority: FIRST_AUTHORITY, repeated: null, idsBeganAnew: false };
    }
    if (!known.ledger) throw notPrepared(db.dialect.kind);
  }
  const [row = {}] = await db.run(
    `SELECT ${known.authority ? 'authority.store, authority.epoch, authority.moving' : 'NULL AS store'},
            entry.update_id, entry.replies, mark.pruned_through,
            (SELECT applied_at FROM cardbot_update ORDER BY update_id DESC LIMIT 1) AS newest_at
       FROM (SELECT 1 AS id) AS one
            ${known.authority ? `LEFT JOIN ${db.dialect.authorityTable} AS authority ON authority.id = one.id` : ''}
            LEFT JOIN cardbot_mark AS mark ON mark.id = one.id
            LEFT JOIN cardbot_update AS entry ON entry.update_id = $1`,
    [updateId],
  );
  const authority = authorityOf(row);
  const newestAt = textOrNull(row.newest_at);
  const idsBeganAnew = newestAt !== null && newestAt < before(now, IDS_BEGIN_ANEW_AFTER_MS);
  if (idsBeganAnew) return { authority, repeated: null, idsBeganAnew };
  if (row.update_id !== null) {
    return { authority, repeated: repliesOf(row.replies), idsBeganAnew };
  }
  const prunedThrough = idOrNull(row.pruned_through);
  const isPruned = prunedThrough !== null && updateId <= prunedThrough;
  return { authority, repeated: isPruned ? [] : null, idsBeganAnew };
}

/** Without a conflict clause: an update that somebody else has entered meanwhile must fail. */
export function enter(db: Executor, updateId: bigint, replies: readonly Reply[], now: Date): void {
  const isSilent = replies.length === 0;
  db.send(
    'INSERT INTO cardbot_update (update_id, applied_at, replies, sent_at) VALUES ($1, $2, $3, $4)',
    [
      updateId,
      now.toISOString(),
      isSilent ? null : JSON.stringify(replies),
      isSilent ? now.toISOString() : null,
    ],
  );
}

/** Forgets an earlier numbering of updates. */
export function forgetOldNumbering(db: Executor, now: Date): void {
  db.send('DELETE FROM cardbot_update WHERE applied_at < $1', [
    before(now, IDS_BEGIN_ANEW_AFTER_MS),
  ]);
  db.send('DELETE FROM cardbot_mark');
}

export function markSent(db: Executor, updateIds: readonly bigint[], now: Date): void {
  const { isListed, listOf } = db.dialect;
  db.send(
    `UPDATE cardbot_update SET sent_at = $1, replies = NULL
      WHERE update_id ${isListed('$2')} AND sent_at IS NULL`,
    [now.toISOString(), listOf(updateIds)],
  );
}

export async function takeUnsent(
  db: Executor,
  olderThanMs: number,
  limit: number,
  now: Date,
): Promise<Unsent[]> {
  const rows = await db.run(
    `UPDATE cardbot_update SET taken_at = $1
      WHERE update_id IN (SELECT update_id FROM cardbot_update
                           WHERE sent_at IS NULL AND applied_at < $2
                             AND (taken_at IS NULL OR taken_at < $2)
                           ORDER BY applied_at, update_id LIMIT $3 ${db.dialect.forUpdateSkipLocked})
     RETURNING update_id, applied_at, replies`,
    [now.toISOString(), before(now, olderThanMs), limit],
  );
  const byAge = rows.map((row) => ({ at: textOf(row.applied_at), ...unsentOf(row) }));
  byAge.sort((a, b) => (a.at === b.at ? Number(a.updateId - b.updateId) : a.at < b.at ? -1 : 1));
  return byAge.map(({ updateId, replies }) => ({ updateId, replies }));
}

/** How many entries one transaction forgets: SQLite lets nobody else write meanwhile. */
const PRUNED_AT_ONCE = 1_000;

/**
 * Forgets some of the entries that are older; ids rise with time, so they are the lowest. The
 * newest entry stays: it tells when the ids begin anew.
 *
 * @returns how many; fewer than `PRUNED_AT_ONCE` when no more are left
 */
export async function pruneSome(db: Executor, olderThanMs: number, now: Date): Promise<number> {
  const rows = await db.run(
    `DELETE FROM cardbot_update
      WHERE applied_at < $1
        AND update_id < (SELECT max(update_id) FROM cardbot_update)
        AND update_id IN (SELECT update_id FROM cardbot_update ORDER BY update_id LIMIT $2)
     RETURNING update_id`,
    [before(now, olderThanMs), PRUNED_AT_ONCE],
  );
  const ids = rows.map((row) => idOf(row.update_id));
  if (ids.length === 0) return 0;
  const highest = ids.reduce((most, id) => (id > most ? id : most));
  const values: Value[] = [highest, now.toISOString()];
  await db.run(
    `INSERT INTO cardbot_mark (id, pruned_through, pruned_at) VALUES (1, $1, $2)
     ON CONFLICT (id) DO UPDATE
        SET pruned_through = excluded.pruned_through, pruned_at = excluded.pruned_at
      WHERE excluded.pruned_through > cardbot_mark.pruned_through`,
    values,
  );
  return ids.length;
}

export function arePruned(count: number): boolean {
  return count < PRUNED_AT_ONCE;
}

async function lookForTables(db: Executor, known: KnownTables): Promise<void> {
  known.authority ||= await hasTable(db, db.dialect.authorityTable);
  known.ledger ||= await hasTable(db, 'cardbot_update');
}

function unsentOf(row: Record<string, unknown>): Unsent {
  return { updateId: idOf(row.update_id), replies: repliesOf(row.replies) };
}

function repliesOf(json: unknown): Reply[] {
  return json === null ? [] : (JSON.parse(textOf(json)) as Reply[]);
}

/** As the ledger writes times: UTC, which sorts. */
function before(now: Date, ms: number): string {
  return new Date(now.getTime() - ms).toISOString();
}
