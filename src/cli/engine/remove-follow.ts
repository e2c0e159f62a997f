import { openWritable } from '../../drivers/sqlite-writable.js';
import { CardctlError } from '../../lib/errors.js';
import type { Deps } from '../../steps/step.js';
import { readPair } from '../../sync/pair.js';
import { type BrokenForeignKey, validateForeignKeys } from '../../sync/postgres/foreign-keys.js';
import { removeFollower } from '../../sync/postgres/install.js';
import { openLease } from '../../sync/postgres/lease.js';
import { postgresSide } from '../../sync/postgres/side.js';
import { removeCapture } from '../../sync/sqlite/install.js';
import { sqliteSide } from '../../sync/sqlite/side.js';
import type { PairRequest } from './pair.js';
import { openConfiguredTarget } from './target.js';

/**
 * Takes everything away that follow put into the two databases, while the source is the authority.
 *
 * @throws CardctlError `refused` while Postgres is the authority, or while somebody follows
 */
export async function removeFollow(
  { sourcePath, targetUrl, workDir }: PairRequest,
  { signal }: Deps,
): Promise<{ foreignKeys: BrokenForeignKey[] }> {
  const { target } = await openConfiguredTarget(targetUrl, workDir, signal);
  const file = openWritable(sourcePath);
  const pair = {
    sqlite: sqliteSide({ file, tables: [] }),
    postgres: postgresSide({ target, lease: null, tables: [] }),
  };
  try {
    const lease = await openLease(target);
    try {
      const { authority, unfinished } = await readPair(pair);
      if (authority.store === 'postgres') throw isAuthority();
      if (unfinished !== null) throw isUnfinished();
      await removeCapture(file);
      await removeFollower(target);
    } finally {
      await lease.release();
    }
    return { foreignKeys: await validateForeignKeys(target) };
  } finally {
    await pair.sqlite.close();
    await pair.postgres.close();
    await target.close();
  }
}

function isAuthority(): CardctlError {
  return new CardctlError('refused', 'Postgres is the authority: SQLite would be left behind', {
    hint: 'go back first: cardctl rollback   or end the move: cardctl finish',
  });
}

function isUnfinished(): CardctlError {
  return new CardctlError('refused', 'a promote or demote was cut short', {
    hint: 'finish it or give it up first: cardctl rollback',
  });
}
