import { CardctlError } from '../lib/errors.js';

/**
 * A value as it may stand in an Nginx directive: without anything that would end the directive or
 * be read as a variable.
 *
 * @throws CardctlError `usage`
 */
export function plainWord(what: string, value: string): string {
  if (/^[\w./:@*[\]=+~-]+$/.test(value)) return value;
  throw new CardctlError(
    'usage',
    `${what} cannot stand in an Nginx file: ${JSON.stringify(value)}`,
    {
      hint: 'Use letters, digits and the signs . / : _ - only; then run: cardctl nginx',
    },
  );
}
