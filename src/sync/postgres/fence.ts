import type { Client } from 'pg';
import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';
import type { Authority } from '../authority.js';
import type { Position } from '../position.js';
import type { Connection, Row } from './connection.js';
import { authorityOf, fencePosition } from './facts.js';
import { beginAlone, isLockTimeout, namesOf, writerHolders } from './locks.js';

/**
 * Refuses writers from now on. The lock is granted once those that had begun have ended, and the
 * position is read under it: nothing can be logged behind it.
 */
export async function raiseFence(
  target: Target,
  connection: Connection,
  epoch: number,
  waitMsMax: number,
): Promise<Position> {
  try {
    return await connection.transaction(beginAlone(waitMsMax), async (client) => {
      const { authority, fence } = await lockAuthority(client);
      mustBeAuthority(target, authority, epoch);
      if (authority.moving && fence !== null) return fence;
      await client.query('UPDATE cardctl.authority SET moving = 1 WHERE id = 1');
      const { rows } = await client.query<Row>(
        `UPDATE cardctl.follow
            SET fence_sequence = coalesce((SELECT max(id) FROM cardctl.change), 0),
                fence_snapshot = pg_current_snapshot()
          WHERE id = 1 RETURNING fence_sequence, fence_snapshot`,
      );
      return fencePosition(rows[0] ?? {}) as Position;
    });
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    throw await connection.run((client) => writersDidNotEnd(target, client, waitMsMax, error));
  }
}

/** Lets writers in again, under a later epoch than the one that was fenced. */
export async function lowerFence(
  target: Target,
  connection: Connection,
  epoch: number,
): Promise<void> {
  await connection.transaction(beginAlone(LOWER_MS_MAX), async (client) => {
    const { authority } = await lockAuthority(client);
    const { store, moving } = authority;
    if (store === 'postgres' && authority.epoch === epoch && !moving) return;
    mustBeAuthority(target, authority, epoch - 1);
    await client.query('UPDATE cardctl.authority SET moving = 0, epoch = $1 WHERE id = 1', [epoch]);
    await forgetFence(client);
  });
}

/** Writers that are refused hold their lock for an instant. */
const LOWER_MS_MAX = 10_000;

/** The position of a fence that is up no more. */
export async function forgetFence(client: Client): Promise<void> {
  await client.query(
    'UPDATE cardctl.follow SET fence_sequence = NULL, fence_snapshot = NULL WHERE id = 1',
  );
}

/** Who the authority is, until the transaction ends; and the last position, if the fence is up. */
export async function lockAuthority(
  client: Client,
): Promise<{ authority: Authority; fence: Position | null; row: Row }> {
  const { rows } = await client.query<Row>(
    `SELECT a.store, a.epoch, a.moving, f.* FROM cardctl.authority a, cardctl.follow f
      WHERE a.id = 1 AND f.id = 1 FOR UPDATE`,
  );
  const row = rows[0] ?? {};
  return { authority: authorityOf(row), fence: fencePosition(row), row };
}

export function mustBeAuthority({ name }: Target, authority: Authority, epoch: number): void {
  if (authority.store === 'postgres' && authority.epoch === epoch) return;
  throw new CardctlError(
    'refused',
    `${name} is not the authority of epoch ${epoch}: it says ${said(authority)}`,
    { hint: 'See what both databases say: cardctl status', details: { authority } },
  );
}

export function said({ store, epoch, moving }: Authority): string {
  return `${store}, epoch ${epoch}${moving ? ', fence up' : ''}`;
}

async function writersDidNotEnd(
  { name }: Target,
  client: Client,
  waitMsMax: number,
  cause: unknown,
): Promise<CardctlError> {
  const writers = await writerHolders(client);
  const who = writers.length === 0 ? '' : `: ${namesOf(writers)}`;
  return new CardctlError(
    'refused',
    `writers of ${name} did not end within ${waitMsMax} ms${who}; nothing has changed`,
    {
      hint: 'End them, or wait longer, and run this again.',
      cause,
      details: { waitMsMax, writers },
    },
  );
}
