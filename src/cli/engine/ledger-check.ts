import { writeTime } from '../../game/time.js';
import type { Clock } from '../../lib/clock.js';
import { CardctlError } from '../../lib/errors.js';
import {
  checkLedger,
  type ForeignEffects,
  type LedgerVerdict,
  readLedger,
  type UserCount,
} from '../../loadtest/index.js';
import { readAuthorities } from '../../store/authority.js';
import type { Database } from '../../store/executor.js';
import { idOf, numberOf } from '../../store/values.js';
import type { Config } from '../config/index.js';
import { openBothSides } from './both-sides.js';

const IDS_AT_ONCE = 10_000;

/**
 * Holds the ledger of a load test, which was written outside of everything under test, against that
 * of the database which is the authority.
 *
 * @throws CardctlError `refused` when the two databases name different authorities
 */
export async function checkLedgerOf(
  ledgerPath: string,
  config: Config,
  clock: Clock,
): Promise<LedgerVerdict> {
  const sides = openBothSides(config, clock);
  try {
    const said = await readAuthorities(sides);
    if (said.sqlite.store !== said.postgres.store) {
      throw new CardctlError('refused', 'the databases name different authorities', {
        hint: 'see what each says: cardctl authority',
      });
    }
    const database = sides[said.sqlite.store];
    const ledger = await readLedger(ledgerPath);
    const { bots, runtime } = config.stacks;
    const since = writeTime(ledger.startedAt.getTime(), runtime.timeZone);
    return await checkLedger(
      ledger,
      { appliedUpdateIds: (from, to) => appliedIds(database, from, to) },
      bots.some(({ foreign }) => foreign !== undefined) ? effectsSince(database, since) : null,
    );
  } finally {
    await sides.close();
  }
}

async function* appliedIds(database: Database, from: bigint, to: bigint): AsyncGenerator<bigint> {
  for (let next = from; next <= to; ) {
    const rows = await database.read({ copy: 'authority', behind: null, statements: 'one' }, (db) =>
      db.run(
        `SELECT update_id FROM cardbot_update WHERE update_id BETWEEN $1 AND $2
           ORDER BY update_id LIMIT $3`,
        [next, to, IDS_AT_ONCE],
      ),
    );
    for (const { update_id } of rows) yield BigInt(update_id as bigint);
    if (rows.length < IDS_AT_ONCE) return;
    next = BigInt(rows.at(-1)?.update_id as bigint) + 1n;
  }
}

/** @param since as the game writes its times */
function effectsSince(database: Database, since: string): ForeignEffects {
  const count = async function* (sql: string): AsyncGenerator<UserCount> {
    const rows = await database.read({ copy: 'authority', behind: null, statements: 'one' }, (db) =>
      db.run(sql, [since]),
    );
    for (const row of rows) yield { userId: idOf(row.user_id), count: numberOf(row.count) };
  };
  return {
    claims: () =>
      count(
        `SELECT user_id, count(*) AS count FROM player_cards
          WHERE obtained_at >= $1 GROUP BY user_id`,
      ),
    fights: () =>
      count(
        `SELECT challenger_id AS user_id, count(*) AS count FROM active_fights
          WHERE created_at >= $1 GROUP BY challenger_id`,
      ),
  };
}
