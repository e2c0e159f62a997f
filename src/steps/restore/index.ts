import { existsSync, linkSync, renameSync, unlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Clock } from '../../lib/clock.js';
import { CardctlError, codeOf } from '../../lib/errors.js';
import type { Report } from '../../lib/report.js';
import { flushDirectory } from '../../snapshot/archive/flush.js';
import { decompressFile } from '../../snapshot/archive/gzip.js';
import type { Backup } from '../../snapshot/archive/layout.js';
import { makePartial, removeDeadPartials, removePartial } from '../../snapshot/archive/partial.js';
import { damaged, readBackup } from '../../snapshot/archive/read.js';
import { interrupted, runInChild } from '../../snapshot/take/child.js';
import { bytesFreeAt, diskFull, outputError } from '../../snapshot/take/output-error.js';

export interface RestoreOptions {
  /** The backup's directory, its compressed file or its manifest. */
  backupPath: string;
  /** The database file to make (mode 0600). */
  toPath: string;
  /** Replaces a file that is there. Whatever has the old file open goes on with the old one. */
  force?: boolean | undefined;
  report: Report;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

export interface RestoreResult {
  path: string;
  bytes: number;
  /** Hex, of the restored file: the one in the manifest. */
  sha256: string;
  backup: Backup;
  /** Wall time, seconds. */
  seconds: number;
}

/**
 * Restores a backup to a file that is byte for byte the snapshot that was taken.
 *
 * It is unpacked beside its destination, compared with the manifest's sha256, checked, flushed,
 * and only then gets its name. If anything fails, what was at the destination is as it was.
 *
 * @throws CardctlError `source` (the backup is missing or damaged), `refused` (the destination is
 *   not free), `target` (its disk), `interrupted`.
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreResult> {
  const { clock, force = false, report, signal } = options;
  const startedMs = clock.monotonicMs();
  const toPath = resolve(options.toPath);
  refuseOccupied(toPath, force);
  report({ type: 'step', step: 'restore', state: 'started' });
  try {
    const backup = await readBackup(options.backupPath, { signal });
    await unpackTo(toPath, backup, { ...options, force });
    const { bytes, sha256 } = backup.manifest.database;
    const seconds = (clock.monotonicMs() - startedMs) / 1_000;
    const detail = `${bytes.toLocaleString('en-US')} bytes, sha256 as in the manifest`;
    report({ type: 'step', step: 'restore', state: 'done', seconds, detail });
    return { path: toPath, bytes, sha256, backup, seconds };
  } catch (error) {
    report({ type: 'step', step: 'restore', state: 'failed' });
    throw signal?.aborted ? interrupted() : error;
  }
}

/** A journal beside the destination would be played into the restored file by whoever opens it. */
function refuseOccupied(toPath: string, force: boolean): void {
  for (const suffix of ['-journal', '-wal', '-shm']) {
    if (!existsSync(toPath + suffix)) continue;
    throw new CardctlError(
      'refused',
      `${toPath}${suffix} is there: a database of this name is in use, or was left in the middle of a write`,
      {
        hint: 'Stop what uses it and move its files away, or restore to another name.',
      },
    );
  }
  if (force || !existsSync(toPath)) return;
  throw occupied(toPath);
}

function occupied(toPath: string): CardctlError {
  return new CardctlError('refused', `${toPath} is there already; nothing was changed`, {
    hint: 'Restore to another name, or stop what uses it and replace it with --force.',
  });
}

async function unpackTo(
  toPath: string,
  backup: Backup,
  { force, report, signal }: RestoreOptions & { force: boolean },
): Promise<void> {
  const { archivePath, manifest } = backup;
  const { bytes: total } = manifest.database;
  const directory = dirname(toPath);
  const partial = openPartial(directory, total);
  try {
    const path = join(partial, basename(toPath));
    const progress = (done: number) =>
      report({ type: 'progress', step: 'restore', task: 'unpack', unit: 'bytes', done, total });
    const plain = await decompressFile(archivePath, path, { signal, progress }).catch(
      (error: unknown) => {
        const isGzip = codeOf(error)?.startsWith('Z_') ?? false;
        throw isGzip ? damaged(archivePath, 'it does not unpack', error) : error;
      },
    );
    if (plain.sha256 !== manifest.database.sha256) {
      throw damaged(archivePath, 'what it unpacks to has another sha256 than the manifest says');
    }
    await runInChild('inspect', { path, depth: 'quick' }, { report, signal });
    if (signal?.aborted) throw interrupted();
    giveName(path, toPath, force);
    flushDirectory(directory);
  } catch (error) {
    throw outputError('restore', toPath, error, total);
  } finally {
    removePartial(partial);
  }
}

function openPartial(directory: string, bytesNeeded: number): string {
  try {
    removeDeadPartials(directory);
    const bytesFree = bytesFreeAt(directory);
    if (bytesFree !== undefined && bytesFree < bytesNeeded) {
      throw diskFull('restore', directory, { bytesFree, bytesNeeded });
    }
    return makePartial(directory);
  } catch (error) {
    throw outputError('restore', directory, error, bytesNeeded);
  }
}

/** A rename would replace a file that came meanwhile; a link fails. */
function giveName(path: string, toPath: string, force: boolean): void {
  if (force) {
    renameSync(path, toPath);
    return;
  }
  try {
    linkSync(path, toPath);
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw occupied(toPath);
    // A file system without links.
    if (existsSync(toPath)) throw error;
    renameSync(path, toPath);
  }
}
