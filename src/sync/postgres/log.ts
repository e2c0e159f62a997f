import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';
import type { FollowedTable } from '../followed-table.js';
import type { Position } from '../position.js';
import type { Connection, Row } from './connection.js';
import { authorityOf } from './facts.js';
import { mustBeAuthority } from './fence.js';
import { BEGIN_WRITING } from './locks.js';

/** Entries deleted in one transaction: enough to be cheap, few enough to be no burden on writers. */
const BATCH = 10_000;

/** Drops entries that the position's snapshot sees; never the last one. */
export async function forgetEntries(
  target: Target,
  connection: Connection,
  through: Position,
  epoch: number,
): Promise<void> {
  if (through.snapshot === null) return;
  for (let deleted = BATCH; deleted === BATCH; ) {
    deleted = await connection.transaction(BEGIN_WRITING, async (client) => {
      const { rows } = await client.query<Row>(AUTHORITY);
      mustBeAuthority(target, authorityOf(rows[0] ?? {}), epoch);
      const { rowCount } = await client.query(
        `DELETE FROM cardctl.change WHERE id IN (
           SELECT id FROM cardctl.change
            WHERE xid < pg_snapshot_xmax($1) AND pg_visible_in_snapshot(xid, $1)
              AND id < (SELECT max(id) FROM cardctl.change)
            LIMIT ${BATCH})`,
        [through.snapshot],
      );
      return rowCount ?? 0;
    });
  }
}

/** Logs rows as if they had changed. */
export async function touchRows(
  target: Target,
  connection: Connection,
  rows: readonly { table: FollowedTable; keys: string[][] }[],
): Promise<void> {
  await connection.transaction(BEGIN_WRITING, async (client) => {
    const { rows: found } = await client.query<Row>(AUTHORITY);
    const { store, moving } = authorityOf(found[0] ?? {});
    if (store !== 'postgres' || moving) {
      throw new CardctlError('refused', `${target.name} takes no writes: nothing can be logged`, {
        hint: 'See who is the authority: cardctl status',
      });
    }
    for (const { table, keys } of rows) {
      await client.query(
        `INSERT INTO cardctl.change (tbl, key)
         SELECT $1, ARRAY(SELECT jsonb_array_elements_text(fields))
           FROM jsonb_array_elements(CAST($2 AS jsonb)) AS fields`,
        [table.number, JSON.stringify(keys)],
      );
    }
  });
}

const AUTHORITY = 'SELECT store, epoch, moving FROM cardctl.authority WHERE id = 1';
