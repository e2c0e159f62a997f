import type { Client } from 'pg';
import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';
import type { FollowedTable } from '../followed-table.js';
import { ORIGIN } from '../position.js';
import type { NextIds } from '../side.js';
import type { Connection } from './connection.js';
import { forgetFence, lockAuthority, said } from './fence.js';
import { beginAlone } from './locks.js';
import { advanceSequences } from './sequences.js';

/** How long a transaction that is refused anyway may keep its lock, milliseconds. */
const WAIT_MS_MAX = 10_000;

/**
 * Becomes the authority. When the transaction is committed, the only way is forward. Whoever applies
 * changes may be another process: its next set is refused.
 */
export async function takeAuthority(
  target: Target,
  connection: Pick<Connection, 'transaction'>,
  tables: readonly FollowedTable[],
  epoch: number,
  nextIds: NextIds,
): Promise<void> {
  await connection.transaction(beginAlone(WAIT_MS_MAX), async (client) => {
    const { authority, row } = await lockAuthority(client);
    if (authority.store === 'postgres' && authority.epoch === epoch) return;
    const isReady =
      authority.store === 'sqlite' &&
      authority.epoch === epoch - 1 &&
      Number(row.applied_epoch) === epoch - 1 &&
      row.applied_consistent === 't';
    if (!isReady) throw cannot(target, `take authority under epoch ${epoch}`, said(authority));
    await advanceSequences(client, tables, nextIds);
    await client.query('TRUNCATE cardctl.change');
    await setAuthority(client, 'postgres', epoch);
  });
}

/** Becomes the follower of the other's new epoch, which has its log from the origin on. */
export async function yieldAuthority(
  target: Target,
  connection: Pick<Connection, 'transaction'>,
  epoch: number,
): Promise<void> {
  await connection.transaction(beginAlone(WAIT_MS_MAX), async (client) => {
    const { authority } = await lockAuthority(client);
    if (authority.store === 'sqlite' && authority.epoch === epoch) return;
    // Without the fence there may be writes that nobody has read.
    const isReady =
      authority.store === 'postgres' && authority.epoch === epoch - 1 && authority.moving;
    if (!isReady) throw cannot(target, `yield authority to epoch ${epoch}`, said(authority));
    await setAuthority(client, 'sqlite', epoch);
    await client.query(
      `UPDATE cardctl.follow SET applied_epoch = $1, applied_sequence = $2, applied_snapshot = NULL,
              applied_consistent = true, applied_at = now(), seen_at = now() WHERE id = 1`,
      [epoch, ORIGIN.sequence],
    );
  });
}

/** Follows on from where it is, under a later epoch. */
export async function stayFollower(
  target: Target,
  connection: Pick<Connection, 'transaction'>,
  epoch: number,
): Promise<void> {
  await connection.transaction(beginAlone(WAIT_MS_MAX), async (client) => {
    const { authority } = await lockAuthority(client);
    if (authority.store === 'sqlite' && authority.epoch === epoch) return;
    if (authority.store !== 'sqlite' || authority.epoch !== epoch - 1) {
      throw cannot(target, `stay a follower under epoch ${epoch}`, said(authority));
    }
    await setAuthority(client, 'sqlite', epoch);
    await client.query('UPDATE cardctl.follow SET applied_epoch = $1 WHERE id = 1', [epoch]);
  });
}

async function setAuthority(client: Client, store: string, epoch: number): Promise<void> {
  await client.query(
    'UPDATE cardctl.authority SET store = $1, epoch = $2, moving = 0 WHERE id = 1',
    [store, epoch],
  );
  await forgetFence(client);
}

function cannot({ name }: Target, what: string, saying: string): CardctlError {
  return new CardctlError('refused', `${name} cannot ${what}: it says ${saying}`, {
    hint: 'See what both databases say: cardctl status',
  });
}
