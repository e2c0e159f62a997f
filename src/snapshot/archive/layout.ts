import { createHash } from 'node:crypto';
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { codeOf } from '../../lib/errors.js';
import { MANIFEST_NAME, type Manifest, readManifest } from './manifest.js';

/** A backup that is whole: its directory bears a final name, and all it lists is there. */
export interface Backup {
  /** `<name of the source>-<UTC time>-<six hex digits>/` */
  directory: string;
  archivePath: string;
  manifest: Manifest;
}

/**
 * The name of a backup's directory: sorts by time, and two at the same second differ.
 *
 * @param id six hex digits
 */
export function backupName(sourcePath: string, createdAt: Date, id: string): string {
  const time = createdAt.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${basename(sourcePath)}-${time}-${id}`;
}

/** The name of the compressed file: `gunzip` makes the source's own name of it. */
export function archiveName(sourcePath: string): string {
  return `${basename(sourcePath)}.gz`;
}

/** Tells sources apart: the first 16 hex digits of the sha256 of the real path. */
export function sourceIdOf(sourcePath: string): string {
  let path = resolve(sourcePath);
  try {
    path = realpathSync(path);
  } catch {
    // A source that is gone keeps the id of the path it is named by.
  }
  return createHash('sha256').update(path).digest('hex').slice(0, 16);
}

/** The whole backups in `outDir`, oldest first. What is not whole is not looked at further. */
export function listBackups(outDir: string): Backup[] {
  const backups = namesIn(outDir)
    .filter((name) => BACKUP_NAME.test(name))
    .map((name) => wholeBackupAt(join(outDir, name)))
    .filter((backup) => backup !== undefined);
  return backups.sort(
    (a, b) =>
      Date.parse(a.manifest.createdAt) - Date.parse(b.manifest.createdAt) ||
      (a.directory < b.directory ? -1 : 1),
  );
}

const BACKUP_NAME = /-\d{8}T\d{6}Z-[0-9a-f]{6}$/;

function wholeBackupAt(directory: string): Backup | undefined {
  try {
    const manifest = readManifest(join(directory, MANIFEST_NAME));
    const archivePath = join(directory, manifest.archive.file);
    if (statSync(archivePath).size !== manifest.archive.bytes) return undefined;
    return { directory, archivePath, manifest };
  } catch {
    return undefined;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
