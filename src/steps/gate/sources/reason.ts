import { codeOf, messageOf } from '../../../lib/errors.js';

/** Why something failed, in a clause. A connection tried at several addresses has only a code. */
export function reasonOf(error: unknown): string {
  return messageOf(error) || codeOf(error) || 'it failed';
}
