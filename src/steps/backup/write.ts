import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Clock } from '../../lib/clock.js';
import { CardctlError } from '../../lib/errors.js';
import type { Report } from '../../lib/report.js';
import { flushDirectory, writeFlushed } from '../../snapshot/archive/flush.js';
import { type Backup, backupName } from '../../snapshot/archive/layout.js';
import { MANIFEST_NAME, type Manifest } from '../../snapshot/archive/manifest.js';
import { makePartial, removePartial } from '../../snapshot/archive/partial.js';
import { interrupted } from '../../snapshot/take/child.js';
import { takeSnapshot } from '../../snapshot/take/index.js';
import { outputError } from '../../snapshot/take/output-error.js';
import { cleanUpAfterTheDead } from './clean-up.js';
import { describeBackup } from './describe.js';
import { keepNewest } from './keep.js';
import { packAndInspect } from './pack.js';
import { refuseFullDisk, sampleForBackup } from './space.js';

export interface BackupOptions {
  sourcePath: string;
  /** Made (mode 0700) when it is not there. */
  outDir: string;
  /** Removes all but this many whole backups of this source, the new one included; at least 1. */
  keep?: number | undefined;
  /** False skips integrity_check and the restore of the finished archive. Default true. */
  check?: boolean | undefined;
  /** Milliseconds; see `SnapshotOptions`. */
  holdMsMax?: number | undefined;
  acceptHold?: boolean | undefined;
  lockWaitMsMax?: number | undefined;
  report: Report;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

export interface BackupResult extends Backup {
  /** Old backups that `keep` removed, oldest first. */
  removed: string[];
  /** Wall time of all of it, seconds. */
  seconds: number;
}

/**
 * Makes a backup of a live SQLite file: snapshot, checks, compressed copy, manifest.
 *
 * Everything is made in a directory of a name that no reader takes for a backup. It gets its name
 * by one rename, at the very end, when all in it is on disk and was read back. Only after that
 * are old backups removed. Whatever kills this when, there is a whole backup or none.
 *
 * @throws CardctlError `source`, `refused` (the hold), `target` (the output disk), `interrupted`.
 */
export async function writeBackup(options: BackupOptions): Promise<BackupResult> {
  const { clock, report, signal } = options;
  const startedMs = clock.monotonicMs();
  const sourcePath = resolve(options.sourcePath);
  const outDir = resolve(options.outDir);
  const keep = validKeep(options.keep);
  const sample = await sampleForBackup(sourcePath, { report, signal });
  makeOutDir(outDir);
  cleanUpAfterTheDead(outDir, report);
  const bytesNeeded = refuseFullDisk(outDir, sample);
  const partial = makePartialIn(outDir);
  try {
    const createdAt = clock.now();
    const manifest = await fillPartial(partial, { ...options, sourcePath, createdAt });
    refuseIfAborted(signal);
    const directory = join(
      outDir,
      backupName(sourcePath, createdAt, randomBytes(3).toString('hex')),
    );
    renameSync(partial, directory);
    // From here on the backup counts.
    flushDirectory(outDir);
    const removed =
      keep === undefined ? [] : keepNewest(outDir, { directory, manifest, keep, report });
    const seconds = (clock.monotonicMs() - startedMs) / 1_000;
    const archivePath = join(directory, manifest.archive.file);
    return { directory, archivePath, manifest, removed, seconds };
  } catch (error) {
    // Before anything is removed: it tells how much is free now.
    const problem = outputError('write the backup', outDir, error, bytesNeeded);
    removePartial(partial);
    throw signal?.aborted ? interrupted() : problem;
  }
}

async function fillPartial(
  partial: string,
  options: BackupOptions & { createdAt: Date },
): Promise<Manifest> {
  const { check = true, signal } = options;
  const snapshotPath = join(partial, 'snapshot.db');
  const snapshot = await takeSnapshot({ ...options, targetPath: snapshotPath });
  const made = await packAndInspect(partial, snapshot, options);
  const manifest = describeBackup({ ...options, check, snapshot, ...made });
  rmSync(snapshotPath);
  writeFlushed(join(partial, MANIFEST_NAME), `${JSON.stringify(manifest, undefined, 2)}\n`);
  flushDirectory(partial);
  refuseIfAborted(signal);
  return manifest;
}

function validKeep(keep: number | undefined): number | undefined {
  if (keep === undefined || (Number.isInteger(keep) && keep >= 1)) return keep;
  throw new CardctlError('usage', `--keep must be a whole number of at least 1, not ${keep}`, {
    hint: 'The backup that is being made counts: --keep 7 leaves the six before it.',
  });
}

function makeOutDir(outDir: string): void {
  try {
    mkdirSync(outDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw outputError('make the output directory', outDir, error);
  }
}

function makePartialIn(outDir: string): string {
  try {
    return makePartial(outDir);
  } catch (error) {
    throw outputError('write a backup', outDir, error);
  }
}

function refuseIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted();
}
