import { finished } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';
import type { FaultPoint } from '../../lib/fault.js';
import type { FollowedTable } from '../followed-table.js';
import type { ChangeSet, TableChanges } from '../side.js';
import { NULL_TEXT } from '../tables/copy-fields.js';
import type { Connection } from './connection.js';
import { columnsSql, keyJoinSql, keyRowsSql, tableSql } from './key-sql.js';
import type { Lease } from './lease.js';
import { BEGIN_WRITING } from './locks.js';
import { createIncoming, INCOMING, makeRoom } from './make-room.js';
import { mustBeEqual } from './read-back.js';
import { copyRows } from './read-changes.js';

/** Makes the rows of a set what they are in the authority, in one transaction with the position. */
export async function applyChanges(
  target: Target,
  connection: Pick<Connection, 'transaction'>,
  lease: Lease,
  changes: ChangeSet,
  fault: FaultPoint,
): Promise<void> {
  await connection.transaction(BEGIN_WRITING, async (client) => {
    await advance(target, client, lease, changes);
    for (const table of changes.tables) await replaceRows(client, table, changes.hasMore);
    // Only now: a trigger of one table may have written to another.
    for (const table of changes.tables) {
      mustBeEqual(table, (await copyRows(client, table.table, table.keys)).text);
    }
    fault('postgres-apply');
  });
}

/** The position first: whoever is not at the set's beginning has nothing to undo. */
async function advance(
  target: Target,
  client: Client,
  { token }: Lease,
  { epoch, from, to, hasMore }: ChangeSet,
): Promise<void> {
  const { rowCount } = await client.query({
    name: 'cardctl_advance',
    text: `
      UPDATE cardctl.follow f
         SET applied_sequence = $1, applied_snapshot = $2, applied_consistent = $3, applied_at = now(),
             seen_at = CASE WHEN $3 THEN now() ELSE seen_at END
        FROM cardctl.authority a
       WHERE f.id = 1 AND a.id = 1 AND a.store = 'sqlite' AND a.epoch = $4 AND f.applied_epoch = $4
         AND f.applier_token = $5 AND f.applied_sequence = $6
         AND f.applied_snapshot IS NOT DISTINCT FROM $7`,
    values: [to.sequence, to.snapshot, !hasMore, epoch, token, from.sequence, from.snapshot],
  });
  if (rowCount === 1) return;
  throw new CardctlError(
    'refused',
    `${target.name} does not follow epoch ${epoch} at ${from.sequence}: another process has moved it on`,
    { hint: 'See what both databases say: cardctl status', details: { epoch, from } },
  );
}

/** Deletes first, all of a table: rows may have swapped values that are unique. */
async function replaceRows(
  client: Client,
  { table, keys, rows }: TableChanges,
  hasMore: boolean,
): Promise<void> {
  if (keys.length > 0) {
    await client.query(
      `DELETE FROM ${tableSql(table)} AS t USING ${keyRowsSql(table, keys)} WHERE ${keyJoinSql(table)}`,
    );
  }
  if (rows.length === 0) return;
  if (hasMore) {
    await createIncoming(client, table);
    await copyInto(client, INCOMING, table, rows);
    await makeRoom(client, table);
  }
  await copyInto(client, tableSql(table), table, rows);
}

async function copyInto(
  client: Client,
  into: string,
  table: FollowedTable,
  rows: Buffer,
): Promise<void> {
  const copy = client.query(
    copyFrom(`COPY ${into} (${columnsSql(table)}) FROM STDIN (NULL '${NULL_TEXT}')`),
  );
  copy.end(rows);
  await finished(copy);
}
