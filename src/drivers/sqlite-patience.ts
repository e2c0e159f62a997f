import { setTimeout as sleep } from 'node:timers/promises';
import type { WritableFile } from './sqlite-writable.js';

/** As SQLite's own busy handler waits, but for the thread, which goes on. Milliseconds. */
const PAUSES_MS = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];

export interface Patience {
  /** How long to wait in all; default: the busy timeout of the file. */
  waitMsMax?: number | undefined;
  /**
   * How long to wait between two tries. Of those who wait for a writer that hardly pauses, the one
   * that asks most often gets in.
   */
  pauseMsMax?: number;
}

/**
 * Tries again while somebody else holds the file.
 *
 * @throws CardctlError `source` when it is held for too long
 */
export async function patiently<Result>(
  file: WritableFile,
  work: () => Result,
  { waitMsMax = file.busyTimeoutMs, pauseMsMax = 100 }: Patience = {},
): Promise<Result> {
  const deadline = performance.now() + waitMsMax;
  for (let tries = 0; ; tries += 1) {
    try {
      return work();
    } catch (error) {
      const leftMs = deadline - performance.now();
      if (!file.isBusy(error) || leftMs <= 0) throw file.explain(error);
      await sleep(Math.min(PAUSES_MS[tries] ?? pauseMsMax, pauseMsMax, leftMs));
    }
  }
}
