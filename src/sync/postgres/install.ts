import type { Client } from 'pg';
import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';
import type { FollowedTable } from '../followed-table.js';
import type { Position } from '../position.js';
import { type Connection, openConnection } from './connection.js';
import { SCHEMA_FINGERPRINT, tablesDigest } from './fingerprint.js';
import { removeForeignKeys, restoreForeignKeys } from './foreign-keys.js';
import { beginAlone } from './locks.js';
import {
  CAPTURE_TRIGGER,
  captureFunction,
  FENCE_TRIGGER,
  scaffoldingSql,
  TRUNCATE_TRIGGER,
} from './scaffolding.js';

/** Whose copy the target is, and how far. */
export interface FollowedFrom {
  sourceId: string;
  /** Of the source, the authority. */
  epoch: number;
  /** Of the snapshot that the target was loaded from. */
  position: Position;
}

/** How long a table may be in use by others before the attempt is given up, milliseconds. */
const WAIT_MS_MAX = 10_000;

/**
 * Makes the target the follower of a source, in one transaction: change log, fence and capture, and
 * no foreign key that touches a followed table. Where that is so already, for the same source,
 * nothing is done.
 *
 * @throws CardctlError `refused` when the target follows another source, or is the authority
 */
export async function installFollower(
  target: Target,
  tables: readonly FollowedTable[],
  from: FollowedFrom,
): Promise<void> {
  await once(target, (connection) =>
    connection.transaction(beginAlone(WAIT_MS_MAX), async (client) => {
      const there = await installedFor(client);
      if (there !== null) {
        mustBeTheSame(target, there, { sourceId: from.sourceId, tables: tablesDigest(tables) });
        return;
      }
      for (const sql of scaffoldingSql(tables)) await client.query(sql);
      await followSqlite(target, client, from.epoch);
      await removeForeignKeys(client, tables);
      await client.query(
        `INSERT INTO cardctl.follow (id, source_id, tables, schema, applied_epoch, applied_sequence,
           applied_snapshot, applied_consistent)
         VALUES (1, $1, $2, ${SCHEMA_FINGERPRINT}, $3, $4, $5, true)`,
        [
          from.sourceId,
          tablesDigest(tables),
          from.epoch,
          from.position.sequence,
          from.position.snapshot,
        ],
      );
    }),
  );
}

/**
 * Takes all of it away again, in one transaction; who the authority is remains. Foreign keys are
 * back, but nobody has looked whether the rows keep them: `validateForeignKeys` does.
 */
export async function removeFollower(target: Target): Promise<void> {
  await once(target, (connection) =>
    connection.transaction(beginAlone(WAIT_MS_MAX), async (client) => {
      if ((await installedFor(client)) === null) return;
      for (const { table, trigger } of await triggersOf(client)) {
        await client.query(`DROP TRIGGER ${trigger} ON ${table}`);
      }
      for (const name of await functionsOf(client)) {
        await client.query(`DROP FUNCTION cardctl.${name}()`);
      }
      await client.query('DROP TABLE cardctl.change, cardctl.follow');
      // Nobody compares any more what changes from here on.
      await client.query('DROP TABLE IF EXISTS cardctl.proof');
      await restoreForeignKeys(client);
    }),
  );
}

async function once(target: Target, work: (connection: Connection) => Promise<void>) {
  const connection = openConnection(target);
  try {
    await work(connection);
  } finally {
    await connection.close();
  }
}

interface Installed {
  sourceId: string;
  tables: string;
  isWhole: boolean;
}

async function installedFor(client: Client): Promise<Installed | null> {
  const { rows: found } = await client.query(
    `SELECT 1 WHERE to_regclass('cardctl.follow') IS NOT NULL`,
  );
  if (found.length === 0) return null;
  const { rows } = await client.query<{ source_id: string; tables: string; whole: string }>(
    `SELECT source_id, tables, schema IS NOT DISTINCT FROM ${SCHEMA_FINGERPRINT} AS whole
       FROM cardctl.follow`,
  );
  const row = rows[0];
  if (row === undefined) return null;
  return { sourceId: row.source_id, tables: row.tables, isWhole: row.whole === 't' };
}

function mustBeTheSame(
  { name }: Target,
  there: Installed,
  wanted: Pick<Installed, 'sourceId' | 'tables'>,
): void {
  const hint = 'load it anew: cardctl migrate --follow --clean';
  if (there.sourceId !== wanted.sourceId) {
    throw new CardctlError('refused', `${name} follows another SQLite file`, {
      hint,
      details: { sourceId: there.sourceId },
    });
  }
  if (!there.isWhole || there.tables !== wanted.tables) {
    throw new CardctlError('refused', `tables of ${name} have changed since it began to follow`, {
      hint,
    });
  }
}

/** A target that is the authority holds what no source has: nothing may be applied to it. */
async function followSqlite({ name }: Target, client: Client, epoch: number): Promise<void> {
  const { rowCount } = await client.query(
    `INSERT INTO cardctl.authority (id, store, epoch, moving) VALUES (1, 'sqlite', $1, 0)
     ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, moving = 0
       WHERE authority.store = 'sqlite' AND authority.epoch <= excluded.epoch`,
    [epoch],
  );
  if (rowCount === 1) return;
  throw new CardctlError(
    'refused',
    `${name} is the authority, or was after epoch ${epoch}: it holds moves that the SQLite file does not`,
    { hint: 'See who is the authority, and since when: cardctl status' },
  );
}

async function triggersOf(client: Client): Promise<{ table: string; trigger: string }[]> {
  const { rows } = await client.query<{ table: string; trigger: string }>(
    `SELECT CAST(CAST(tgrelid AS regclass) AS text) AS "table", tgname AS trigger FROM pg_trigger
      WHERE tgname = ANY ($1) ORDER BY tgrelid, tgname`,
    [[FENCE_TRIGGER, TRUNCATE_TRIGGER, CAPTURE_TRIGGER]],
  );
  return rows;
}

async function functionsOf(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT proname AS name FROM pg_proc
      WHERE pronamespace = CAST('cardctl' AS regnamespace) AND (proname IN ('fence', 'authority_now') OR proname ~ $1)`,
    [`^${captureFunction('[0-9]+')}$`],
  );
  return rows.map(({ name }) => name);
}
