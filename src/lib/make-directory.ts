import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './errors.js';

/**
 * Makes a directory and those above it, open to their owner alone.
 *
 * @throws the system's own error. On a read-only disk Node's recursive mkdir says ENOENT.
 */
export function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    makeDirectory(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}
