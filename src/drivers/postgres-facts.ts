import type { TargetFacts } from './postgres-errors.js';
import { describeTarget, parseUrl, secretsOf, sslModeOf, userOf } from './postgres-url.js';

/**
 * What an error of a server is explained by.
 *
 * @throws CardctlError `usage` when the URL cannot be read
 */
export function targetFactsOf(url: string): TargetFacts {
  const parsed = parseUrl(url);
  const sslMode = sslModeOf(parsed) ?? process.env.PGSSLMODE;
  return {
    name: describeTarget(url),
    user: userOf(parsed) || (process.env.PGUSER ?? ''),
    usesTls: sslMode !== undefined && sslMode !== 'disable',
    secrets: secretsOf(parsed),
  };
}
