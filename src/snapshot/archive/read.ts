import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CardctlError } from '../../lib/errors.js';
import { digestFile } from './gzip.js';
import type { Backup } from './layout.js';
import { MANIFEST_NAME, readManifest } from './manifest.js';

/**
 * Opens a backup, given its directory, its compressed file or its manifest, and checks that the
 * compressed file is the one that the manifest describes (size, then sha256).
 *
 * @throws CardctlError `source` when it is missing, has no valid manifest, or is damaged.
 */
export async function readBackup(
  path: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Backup> {
  const directory = directoryOf(resolve(path));
  const manifest = readManifest(join(directory, MANIFEST_NAME));
  const archivePath = join(directory, manifest.archive.file);
  refuseOtherFile(path, directory, manifest.archive.file);
  const { bytes, sha256 } = manifest.archive;
  const found = statSync(archivePath, { throwIfNoEntry: false })?.size;
  if (found === undefined) throw damaged(archivePath, 'it is missing');
  if (found !== bytes) {
    throw damaged(archivePath, `it has ${found} bytes, the manifest says ${bytes}`);
  }
  if ((await digestFile(archivePath, { signal })).sha256 !== sha256) {
    throw damaged(archivePath, 'its sha256 is not the one in the manifest');
  }
  return { directory, archivePath, manifest };
}

function directoryOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new CardctlError('source', `the backup ${path} does not exist`, {
      hint: 'Give the directory that cardctl backup made.',
    });
  }
  return stats.isDirectory() ? path : dirname(path);
}

function refuseOtherFile(path: string, directory: string, archive: string): void {
  const isPart = [directory, join(directory, archive), join(directory, MANIFEST_NAME)];
  if (isPart.includes(resolve(path))) return;
  throw new CardctlError('source', `${basename(path)} is no part of the backup in ${directory}`, {
    hint: `Give the directory itself: ${directory}`,
  });
}

/** The error for a compressed file that is not what was backed up. */
export function damaged(archivePath: string, what: string, cause?: unknown): CardctlError {
  return new CardctlError('source', `the backup ${archivePath} is damaged: ${what}`, {
    hint: 'Take another backup: the newest whole one before it, or a copy of this one from elsewhere.',
    details: { path: archivePath },
    ...(cause === undefined ? {} : { cause }),
  });
}
