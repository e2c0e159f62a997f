import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '../../lib/clock.js';
import type { Report } from '../../lib/report.js';
import { makePartial, removeDeadPartials, removePartial } from '../archive/partial.js';
import { interrupted } from './child.js';
import { type Snapshot, takeSnapshot } from './index.js';
import { bytesFreeAt, diskFull, inWorkDir, outputError } from './output-error.js';

export interface PrivateSnapshotOptions {
  sourcePath: string;
  /** Made when it is not there, and then removed again. */
  workDir: string;
  /** Milliseconds; see `SnapshotOptions`. */
  holdMsMax?: number | undefined;
  acceptHold?: boolean | undefined;
  report: Report;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * Takes a snapshot for `body` alone and removes it again, whatever happens: afterwards the work
 * directory is as it was. What a killed run could not remove, the next one does.
 *
 * @throws CardctlError as `takeSnapshot`, `interrupted` on abort, and whatever `body` throws
 */
export async function withPrivateSnapshot<Result>(
  options: PrivateSnapshotOptions,
  body: (snapshot: Snapshot) => Promise<Result>,
): Promise<Result> {
  const workDir = resolve(options.workDir);
  let made: string | undefined;
  let partial: string | undefined;
  try {
    made = makeWorkDir(workDir);
    removeDeadPartials(workDir);
    refuseFullDisk(options.sourcePath, workDir);
    partial = makePartial(workDir);
    const targetPath = join(partial, 'snapshot.db');
    return await body(await takeSnapshot({ ...options, targetPath }));
  } catch (error) {
    throw options.signal.aborted ? interrupted() : inWorkDir(error);
  } finally {
    if (partial !== undefined) removePartial(partial);
    if (made !== undefined) removeEmpty(workDir, made);
  }
}

/** @returns the outermost directory that was made, if any */
function makeWorkDir(workDir: string): string | undefined {
  try {
    return mkdirSync(workDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw outputError('make the work directory', workDir, error);
  }
}

function refuseFullDisk(sourcePath: string, workDir: string): void {
  const bytesOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const bytesNeeded = bytesOf(sourcePath) + bytesOf(`${sourcePath}-wal`);
  const bytesFree = bytesFreeAt(workDir);
  if (bytesFree === undefined || bytesFree >= bytesNeeded) return;
  throw diskFull('take a snapshot', workDir, { bytesFree, bytesNeeded });
}

/** From the work directory up to what was made for it; what others have put there stays. */
function removeEmpty(directory: string, outermost: string): void {
  try {
    rmdirSync(directory);
  } catch {
    return;
  }
  if (directory !== outermost) removeEmpty(dirname(directory), outermost);
}
