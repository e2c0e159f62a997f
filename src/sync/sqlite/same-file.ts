import { statSync } from 'node:fs';
import { CardctlError, codeOf } from '../../lib/errors.js';

/**
 * Remembers which file is at a path.
 *
 * @returns throws CardctlError `refused` when it is another one: what is open is then no longer what
 * the bot opens
 */
export function sameFileAt(path: string): () => void {
  const first = idOf(path);
  return () => {
    if (first !== null && idOf(path) === first) return;
    throw new CardctlError('refused', `${path} was removed, or replaced by another file`, {
      hint: 'Put back the file that was followed, or start the move again: cardctl status',
      details: { path },
    });
  };
}

function idOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}
