import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';
import { codeOf } from '../../lib/errors.js';

/** Writes a new private file (mode 0600) and flushes it to disk. */
export function writeFlushed(path: string, text: string): void {
  writeFileSync(path, text, { flag: 'wx', mode: 0o600, flush: true });
}

/** Flushes a directory, so that the names in it survive a power cut. */
export function flushDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some file systems cannot; there is nothing else to do on them.
    if (!['EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    closeSync(fd);
  }
}
