import type { Log } from '../../bot/log.js';
import { CONNECTIONS_MAX } from '../../drivers/postgres-pools.js';
import type { Database } from '../../store/executor.js';
import { numberOf } from '../../store/values.js';
import type { Stacks } from '../config/index.js';

/** For cardctl beside the bots, and whoever looks in. */
const OTHERS = 10;

/**
 * Warns when the pools of all fleet bots together may take more connections than Postgres has: then
 * they fail one after the other under load, and not before. A replica has no fewer than its primary.
 */
export async function warnOfTooFewConnections(
  database: Database,
  { bots, runtime }: Stacks,
  log: Log,
): Promise<void> {
  if (runtime.pgBouncer) return;
  const fleet = bots.filter(({ stack }) => stack === 'fleet').length;
  const [row] = await database.read({ copy: 'authority', behind: null, statements: 'one' }, (db) =>
    db.run(
      `SELECT current_setting('max_connections') AS most,
                current_setting('superuser_reserved_connections') AS reserved`,
    ),
  );
  const most = numberOf(row?.most);
  const wanted = fleet * CONNECTIONS_MAX + numberOf(row?.reserved);
  if (wanted <= most) return;
  const advised = Math.ceil((wanted + OTHERS) / 10) * 10;
  log.warn(
    { bots: fleet, wanted, max_connections: most },
    `the bots may want more connections than Postgres has: set max_connections = ${advised}, or put PgBouncer between`,
  );
}
