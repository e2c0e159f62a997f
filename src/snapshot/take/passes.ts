import { fdatasync, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { explainSourceError } from '../../drivers/sqlite-errors.js';
import { outputError } from './output-error.js';

/** Bytes read at once. Half a megabyte of each file stays in the processor's cache. */
const CHUNK_BYTES = 512 * 1_024;
/** Bytes written between two flushes, so that the bot's own fsync never waits behind more than twice that. */
const FLUSH_BYTES = 32 * 1_024 * 1_024;

const fdatasyncOf = promisify(fdatasync);

/** The two files of a copy, and how errors name them. */
export interface FilePair {
  sourcePath: string;
  targetPath: string;
  sourceFd: number;
  targetFd: number;
  /** Bytes. */
  pageSize: number;
  /** Numbers of the pages that `patchPass` wrote. */
  patchedPages: Set<number>;
}

/**
 * Copies the source as it is at the moment, without any lock, flushing as it goes.
 *
 * @param progress called with bytes done and bytes in all
 * @param copied called more often, with bytes done
 */
export async function copyPass(
  files: FilePair,
  progress: (done: number, total: number) => void,
  copied: (done: number) => void = () => {},
): Promise<void> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const total = fstatSync(files.sourceFd).size;
  let flushed = Promise.resolve();
  for (let at = 0; at < total; at += CHUNK_BYTES) {
    const bytes = readFully(sourceOf(files), chunk, at);
    writeFully(files, bytes, at);
    copied(at + bytes.length);
    if (at % FLUSH_BYTES === 0) {
      await flushed;
      flushed = flush(files);
      // It is waited for before the next one; if it fails sooner than that, it still counts.
      flushed.catch(() => undefined);
      progress(at, total);
      await turn();
    }
  }
  await flushed;
  await flush(files);
  progress(total, total);
}

interface Patch {
  /** False when the deadline came first; the copy is then somewhere in between. */
  finished: boolean;
  /** Wall time, milliseconds. */
  ms: number;
}

/**
 * Compares the two files chunk by chunk and overwrites what differs in the copy.
 *
 * @param deadlineMs gives up after so many milliseconds
 */
export async function patchPass(files: FilePair, deadlineMs: number): Promise<Patch> {
  const fresh = Buffer.allocUnsafe(CHUNK_BYTES);
  const copied = Buffer.allocUnsafe(CHUNK_BYTES);
  const startedMs = performance.now();
  const elapsedMs = () => performance.now() - startedMs;
  const total = fstatSync(files.sourceFd).size;
  for (let at = 0; at < total; at += CHUNK_BYTES) {
    if (elapsedMs() > deadlineMs) return { finished: false, ms: elapsedMs() };
    const now = readFully(sourceOf(files), fresh, at);
    const then = readFully(targetOf(files), copied, at);
    if (!now.equals(then)) {
      writeFully(files, now, at);
      notePatched(files, now, then, at);
    }
    // A turn of the event loop: if the parent died, this process hears of it here.
    if (at % FLUSH_BYTES === 0) await turn();
  }
  truncateTarget(files, total);
  return { finished: true, ms: elapsedMs() };
}

function notePatched({ pageSize, patchedPages }: FilePair, now: Buffer, then: Buffer, at: number) {
  for (let from = 0; from < now.length; from += pageSize) {
    const [fresh, copied] = [now, then].map((bytes) => bytes.subarray(from, from + pageSize));
    if (!fresh?.equals(copied as Buffer)) patchedPages.add((at + from) / pageSize + 1);
  }
}

interface ReadableFile {
  path: string;
  fd: number;
  isCopy?: boolean;
}

/** Fills `into` from byte `at` on, and returns what there was before the end of the file. */
export function readFully({ path, fd, isCopy }: ReadableFile, into: Buffer, at: number): Buffer {
  let filled = 0;
  try {
    while (filled < into.length) {
      const bytes = readSync(fd, into, filled, into.length - filled, at + filled);
      if (bytes === 0) break;
      filled += bytes;
    }
  } catch (error) {
    throw isCopy
      ? outputError('read the snapshot back', path, error)
      : explainSourceError(path, error);
  }
  return into.subarray(0, filled);
}

function writeFully({ targetFd, targetPath, sourceFd }: FilePair, bytes: Buffer, at: number): void {
  try {
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(targetFd, bytes, written, bytes.length - written, at + written);
    }
  } catch (error) {
    throw outputError('write the snapshot', targetPath, error, fstatSync(sourceFd).size);
  }
}

function truncateTarget({ targetFd, targetPath }: FilePair, bytes: number): void {
  try {
    if (fstatSync(targetFd).size !== bytes) ftruncateSync(targetFd, bytes);
  } catch (error) {
    throw outputError('write the snapshot', targetPath, error);
  }
}

async function flush({ targetFd, targetPath, sourceFd }: FilePair): Promise<void> {
  try {
    await fdatasyncOf(targetFd);
  } catch (error) {
    throw outputError('write the snapshot', targetPath, error, fstatSync(sourceFd).size);
  }
}

function sourceOf({ sourceFd, sourcePath }: FilePair): ReadableFile {
  return { fd: sourceFd, path: sourcePath };
}

function targetOf({ targetFd, targetPath }: FilePair): ReadableFile {
  return { fd: targetFd, path: targetPath, isCopy: true };
}
