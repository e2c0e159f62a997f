import { finished } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';
import type { FaultPoint } from '../../lib/fault.js';
import type { FollowedTable } from '../followed-table.js';
import type { ChangeSet } from '../side.js';
import { isNullField, NULL_TEXT, splitFields, unescapeField } from '../tables/copy-fields.js';
import type { Connection } from './connection.js';
import { columnsSql, deleteSql, literal, tableSql } from './key-sql.js';
import type { Lease } from './lease.js';
import { BEGIN_WRITING } from './locks.js';
import { createIncoming, INCOMING, makeRoom } from './make-room.js';
import { mustBeEqual } from './read-back.js';
import { areFew, queryAll, type RowsText, readRows, selectsSql, textsOf } from './read-rows.js';

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
    const rows = await replaceRows(client, changes);
    for (const [place, table] of changes.tables.entries()) {
      mustBeEqual(table, (rows[place] as RowsText).rows);
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

/**
 * Of each table, deletes first: rows may have swapped values that are unique. What is there then is
 * read behind all of it, since a trigger of one table may have written to another.
 */
async function replaceRows(
  client: Client,
  { tables, hasMore }: Pick<ChangeSet, 'tables' | 'hasMore'>,
): Promise<RowsText[]> {
  if (areFew(tables) && !hasMore) {
    const writes = tables.flatMap(({ table, keys, rows }) =>
      rows.length === 0
        ? [deleteSql(table, keys)]
        : [deleteSql(table, keys), insertSql(table, rows)],
    );
    return textsOf(
      (await queryAll(client, [...writes, ...selectsSql(tables)])).slice(writes.length),
    );
  }
  for (const { table, keys, rows } of tables) {
    await client.query(deleteSql(table, keys));
    if (rows.length === 0) continue;
    if (hasMore) {
      await createIncoming(client, table);
      await copyInto(client, INCOMING, table, rows);
      await makeRoom(client, table);
    }
    await copyInto(client, tableSql(table), table, rows);
  }
  return readRows(client, tables);
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

/** Each field is a literal of no type: the column's own reads it, as in COPY. */
function insertSql(table: FollowedTable, rows: Buffer): string {
  const values = linesOf(rows).map((line) => `(${splitFields(line).map(valueSql).join(', ')})`);
  return `INSERT INTO ${tableSql(table)} (${columnsSql(table)}) OVERRIDING SYSTEM VALUE
    VALUES ${values.join(', ')}`;
}

function valueSql(field: Buffer): string {
  return isNullField(field) ? 'NULL' : literal(unescapeField(field).toString('utf8'));
}

function linesOf(text: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = text.indexOf(NEWLINE, start);
    lines.push(text.subarray(start, end));
  }
  return lines;
}

const NEWLINE = 0x0a;
