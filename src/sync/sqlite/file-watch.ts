import { type FSWatcher, realpathSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * One commit touches the database and its journal several times: one look, behind the last of
 * them, is enough. Milliseconds.
 */
const SETTLE_MS = 2;

export interface FileWatch {
  /**
   * Resolves when the file was written to since this was asked last, after `ms`, or on abort. Holds
   * no lock.
   */
  changed(ms: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * Watches a database and the journals beside it, whose names come and go. Where the system cannot
 * watch (its limit is reached, the disk is a network's), only the time passes.
 */
export function watchFile(path: string): FileWatch {
  const realPath = realpathSync(path);
  const name = basename(realPath);
  const names = [name, `${name}-journal`, `${name}-wal`];
  let isChanged = false;
  let wake: (() => void) | undefined;
  const watcher = watchDirectory(dirname(realPath), (changed) => {
    if (!names.includes(changed)) return;
    isChanged = true;
    wake?.();
  });
  return {
    changed: (ms, signal) =>
      new Promise((resolve) => {
        let settling: NodeJS.Timeout | undefined;
        const end = () => {
          clearTimeout(timeout);
          clearTimeout(settling);
          signal.removeEventListener('abort', end);
          wake = undefined;
          isChanged = false;
          resolve();
        };
        const timeout = setTimeout(end, ms);
        wake = () => {
          settling ??= setTimeout(end, Math.min(SETTLE_MS, ms));
        };
        signal.addEventListener('abort', end);
        if (signal.aborted) end();
        else if (isChanged) wake();
      }),
    close: () => {
      watcher?.close();
      wake?.();
    },
  };
}

function watchDirectory(path: string, changed: (name: string) => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, (_event, name) => changed(name ?? ''));
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
