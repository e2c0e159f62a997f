import type { Clock } from '../../lib/clock.js';
import { CardctlError } from '../../lib/errors.js';
import { checkLedger, type LedgerVerdict, readLedger } from '../../loadtest/index.js';
import { readAuthorities } from '../../store/authority.js';
import type { Database } from '../../store/executor.js';
import type { Config } from '../config/index.js';
import { openBothSides } from './both-sides.js';
import { readAfter, readBefore } from './game-state.js';

const IDS_AT_ONCE = 10_000;

/** Holds the ledger of a load test against the database which is the authority by then. */
export type LedgerCheck = (ledgerPath: string) => Promise<LedgerVerdict>;

/**
 * Looks at the game before a load test, so that afterwards its ledger, which was written outside of
 * everything under test, can be held against what has become of that.
 *
 * @throws CardctlError `refused` when the two databases name different authorities
 */
export async function openLedgerCheck(config: Config, clock: Clock): Promise<LedgerCheck> {
  const { timeZone: zone } = config.stacks.runtime;
  const { before, since } = await onAuthority(config, clock, (database) =>
    readBefore(database, { ms: clock.now().getTime(), zone }),
  );
  return (ledgerPath) =>
    onAuthority(config, clock, async (database) =>
      checkLedger(
        await readLedger(ledgerPath),
        {
          appliedUpdateIds: (from, to) => appliedIds(database, from, to),
          effects: async () => ({ before, after: await readAfter(database, since) }),
        },
        { hasForeign: config.stacks.bots.some(({ foreign }) => foreign !== undefined) },
      ),
    );
}

async function onAuthority<Result>(
  config: Config,
  clock: Clock,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const sides = openBothSides(config, clock);
  try {
    const said = await readAuthorities(sides);
    if (said.sqlite.store !== said.postgres.store) {
      throw new CardctlError('refused', 'the databases name different authorities', {
        hint: 'see what each says: cardctl authority',
      });
    }
    return await work(sides[said.sqlite.store]);
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
