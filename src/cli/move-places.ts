import { CardctlError } from '../lib/errors.js';
import type { Config } from './config/index.js';
import type { Places } from './engine/standing.js';
import { requireSource } from './require-source.js';

/**
 * Where the two databases of a move with bots are.
 *
 * @throws CardctlError `usage` when either is not configured
 */
export function movePlaces(config: Config, command: string): Places {
  const sourcePath = requireSource(config, command);
  if (config.target !== null) return { sourcePath, targetUrl: config.target.url };
  throw new CardctlError(
    'usage',
    'no target is configured: the fleet needs a Postgres of its own',
    {
      hint: 'set "target" in cardctl.json; cardctl init --dry-run prints a commented example',
    },
  );
}
