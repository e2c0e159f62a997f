import { CardctlError } from '../../lib/errors.js';

/**
 * A value that must be configured.
 *
 * @param key as cardctl.json has it, e.g. `telegram.token`
 * @param why what needs it, e.g. `the fleet runs on it`
 * @throws CardctlError `usage` when it is not
 */
export function required<Value>(value: Value | null | undefined, key: string, why?: string): Value {
  if (value !== null && value !== undefined) return value;
  const reason = why === undefined ? '' : `: ${why}`;
  throw new CardctlError('usage', `${key} is not configured${reason}`, {
    hint: `set "${key}" in cardctl.json; cardctl init --dry-run prints a commented example`,
  });
}
