import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { CardctlError, codeOf, messageOf } from '../../lib/errors.js';

/**
 * The error for a failed write to the output disk: side `target`, with the free bytes when the
 * disk is full. A CardctlError passes through as it is.
 *
 * @param action what was being done: `make the snapshot`, `write the manifest`
 * @param bytesNeeded how much the whole of it takes, bytes, when that is known
 */
export function outputError(
  action: string,
  path: string,
  error: unknown,
  bytesNeeded?: number,
): CardctlError {
  if (error instanceof CardctlError) return error;
  const code = codeOf(error) ?? '';
  if (['ENOSPC', 'EDQUOT', 'SQLITE_FULL'].includes(code)) {
    return diskFull(action, path, { bytesFree: bytesFreeAt(path), bytesNeeded }, error);
  }
  const [reason, hint] = REASONS[code] ?? [messageOf(error), 'Check the disk and the path.'];
  return new CardctlError('target', `cannot ${action} at ${path}: ${reason}`, {
    hint,
    cause: error,
    details: { path, cause: code },
  });
}

interface Space {
  /** Bytes; undefined when the file system does not say. */
  bytesFree: number | undefined;
  /** Bytes; undefined when it is not known. */
  bytesNeeded: number | undefined;
}

/** The error for a disk that is full, or would be. */
export function diskFull(
  action: string,
  path: string,
  { bytesFree, bytesNeeded }: Space,
  cause?: unknown,
): CardctlError {
  const facts = [
    bytesNeeded === undefined ? undefined : `${megabytes(bytesNeeded)} needed`,
    bytesFree === undefined ? undefined : `${megabytes(bytesFree)} free`,
  ].filter((fact) => fact !== undefined);
  const numbers = facts.length === 0 ? '' : ` (${facts.join(', ')})`;
  return new CardctlError('target', `cannot ${action} at ${path}: no space left${numbers}`, {
    hint: 'Free some space, or give a directory on another disk with --out.',
    details: { path, bytesFree, bytesNeeded },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The same error where the output is the work directory, which has another flag. */
export function inWorkDir(error: unknown): unknown {
  if (!(error instanceof CardctlError) || error.code !== 'target') return error;
  return new CardctlError('target', error.message, {
    hint: 'Free some space, or give a directory that can be written to with --work-dir.',
    cause: error.cause,
    details: error.details,
  });
}

/** Free bytes for an unprivileged user on the disk of a file or directory, or undefined. */
export function bytesFreeAt(path: string): number | undefined {
  for (const place of [path, dirname(path)]) {
    try {
      const { bavail, bsize } = statfsSync(place);
      return bavail * bsize;
    } catch {
      // The file may not be there yet; its directory is.
    }
  }
  return undefined;
}

const REASONS: Record<string, [reason: string, hint: string]> = {
  EEXIST: ['it exists already', 'Give another name, or remove it first.'],
  ENOENT: ['its directory does not exist', 'Make the directory, or give another one.'],
  ENOTDIR: ['part of its path is a file', 'Give another directory with --out.'],
  EACCES: ['permission denied', 'Give a directory that you may write to with --out.'],
  EPERM: ['permission denied', 'Give a directory that you may write to with --out.'],
  EROFS: ['the disk is read-only', 'Give a directory on another disk with --out.'],
  EFBIG: ['the file size limit is reached', "Raise the limit ('ulimit -f unlimited')."],
};

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 })} MB`;
}
