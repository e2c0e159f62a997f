import type { Clock } from '../../lib/clock.js';
import type { BothSides } from '../../store/authority.js';
import { openDatabase } from '../cardbot/open.js';
import type { Config } from '../config/index.js';

/** Both databases of a game, opened for writing. */
export function openBothSides(
  config: Config,
  clock: Clock,
): BothSides & { close(): Promise<void> } {
  const sqlite = openDatabase(config, 'legacy', clock);
  const postgres = openDatabase(config, 'fleet', clock);
  return {
    sqlite,
    postgres,
    close: async () => {
      await Promise.all([sqlite.close(), postgres.close()]);
    },
  };
}
