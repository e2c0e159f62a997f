import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';
import type { Connection } from './connection.js';
import { isLockTimeout, limitWaits } from './locks.js';

/**
 * Commits a write that changes nothing to the row that every applier writes, too: one that hangs in
 * the middle of a transaction holds it until the server ends its session.
 */
export async function expectWritable(
  { name }: Target,
  connection: Connection,
  waitMsMax: number,
): Promise<void> {
  try {
    await connection.transaction(`BEGIN; ${limitWaits(waitMsMax)}`, (client) =>
      client.query('UPDATE cardctl.follow SET applied_at = applied_at WHERE id = 1'),
    );
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    throw new CardctlError(
      'refused',
      `a follow process that writes to ${name} has not ended its transaction within ${waitMsMax} ms; nothing was changed`,
      {
        hint: 'It hangs, or its machine is gone. End it, start cardctl follow anew, and run this again.',
        cause: error,
      },
    );
  }
}
