import type { EdgeConfig } from '../../edge/config.js';
import { CardctlError } from '../../lib/errors.js';
import type { Config } from '../config/index.js';

/**
 * What the edge needs to know.
 *
 * @throws CardctlError `usage` when no bots are configured
 */
export function edgeOf({ stacks }: Config): EdgeConfig {
  const { bots, telegram, nginx } = stacks;
  if (bots.length === 0) {
    throw new CardctlError('usage', 'no bots are configured: there is nothing to shift between', {
      hint: 'name each bot with its stack and address under "bots" in cardctl.json; cardctl init --dry-run prints a commented example',
    });
  }
  return { ...nginx, servers: bots, webhookPath: telegram.webhookPath };
}
