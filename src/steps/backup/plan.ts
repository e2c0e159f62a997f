import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { JournalMode } from '../../drivers/sqlite.js';
import type { Clock } from '../../lib/clock.js';
import type { Report } from '../../lib/report.js';
import { backupName, sourceIdOf } from '../../snapshot/archive/layout.js';
import { expectedBackup } from '../../snapshot/expected-seconds.js';
import { HOLD_MS_MAX } from '../../snapshot/take/index.js';
import { bytesFreeAt } from '../../snapshot/take/output-error.js';
import { surplusBackups } from './keep.js';
import { bytesNeededFor, sampleForBackup } from './space.js';

export interface PlanOptions {
  sourcePath: string;
  outDir: string;
  keep?: number | undefined;
  check?: boolean | undefined;
  holdMsMax?: number | undefined;
  acceptHold?: boolean | undefined;
  report: Report;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

export interface BackupPlan {
  sourcePath: string;
  /** Where the backup would be, with `xxxxxx` for the part that is drawn when it is made. */
  directory: string;
  /** Size of the source, bytes. */
  bytes: number;
  journalMode: JournalMode;
  /** Milliseconds; 0 in WAL mode. */
  holdMsEstimate: number;
  holdMsMax: number;
  /** The estimate is above the bound: `writeBackup` would refuse. */
  isHoldTooLong: boolean;
  secondsEstimate: number;
  /** Expected size of the compressed file, bytes. */
  compressedBytesEstimate: number;
  /** At the fullest moment, bytes. */
  bytesNeeded: number;
  /** Undefined when the file system does not say. */
  bytesFree: number | undefined;
  /** There is less free than needed: `writeBackup` would refuse. */
  isDiskTooFull: boolean;
  /** Old backups that `keep` would remove, oldest first. */
  wouldRemove: string[];
}

/**
 * Says what `writeBackup` would do, from a look at a few megabytes of the source. Writes nothing.
 *
 * @throws CardctlError `source` when the source is not fit, as `writeBackup` would.
 */
export async function planBackup(options: PlanOptions): Promise<BackupPlan> {
  const { acceptHold = false, check = true, clock, keep, holdMsMax = HOLD_MS_MAX } = options;
  const sourcePath = resolve(options.sourcePath);
  const outDir = resolve(options.outDir);
  const sample = await sampleForBackup(sourcePath, options);
  const bytesNeeded = bytesNeededFor(sample);
  const bytesFree = bytesFreeAt(nearestExisting(outDir));
  const surplus = keep === undefined ? [] : surplusBackups(outDir, sourceIdOf(sourcePath), keep);
  return {
    sourcePath,
    directory: join(outDir, backupName(sourcePath, clock.now(), 'xxxxxx')),
    bytes: sample.bytes,
    journalMode: sample.journalMode,
    holdMsEstimate: sample.holdMsEstimate,
    holdMsMax,
    isHoldTooLong: !acceptHold && sample.holdMsEstimate > holdMsMax,
    secondsEstimate: expectedBackup(sample, { check }).seconds,
    compressedBytesEstimate: Math.round(sample.bytes * sample.compressRatio),
    bytesNeeded,
    bytesFree,
    isDiskTooFull: bytesFree !== undefined && bytesFree < bytesNeeded,
    wouldRemove: surplus.map(({ directory }) => directory),
  };
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
