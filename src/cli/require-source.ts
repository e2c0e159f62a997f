import { CardctlError } from '../lib/errors.js';
import type { Config } from './config/index.js';

/**
 * The source's path.
 *
 * @throws CardctlError `usage` when none is configured
 */
export function requireSource({ source }: Config, command: string): string {
  if (source !== null) return source;
  throw new CardctlError('usage', 'no source database is named', {
    hint: `cardctl ${command} --source FILE   (or name it once and for all: cardctl init)`,
  });
}
