import { setTimeout as sleep } from 'node:timers/promises';
import type { WritableFile } from './sqlite-writable.js';

/** As SQLite's own busy handler waits, but for the thread, which goes on. Milliseconds. */
const PAUSES_MS = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];

/**
 * Tries again while somebody else holds the file.
 *
 * @param waitMsMax default: the busy timeout of the file
 * @throws CardctlError `source` when it is held for longer
 */
export async function patiently<Result>(
  file: WritableFile,
  work: () => Result,
  waitMsMax = file.busyTimeoutMs,
): Promise<Result> {
  const deadline = performance.now() + waitMsMax;
  for (let tries = 0; ; tries += 1) {
    try {
      return work();
    } catch (error) {
      const leftMs = deadline - performance.now();
      if (!file.isBusy(error) || leftMs <= 0) throw file.explain(error);
      await sleep(Math.min(PAUSES_MS[tries] ?? 100, leftMs));
    }
  }
}
