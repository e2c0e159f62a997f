import { type FileHandle, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CardctlError, codeOf, messageOf } from '../lib/errors.js';
import type { EdgeFiles } from './edge-files.js';

/** The files of this machine. */
export function localFiles(): EdgeFiles {
  return {
    read: (path) => doing('read', path, () => unlessMissing(readFile(path, 'utf8'))),
    write: (path, text) => doing('write', path, () => writeFlushed(path, text)),
    rename: (from, to) => doing('replace', to, () => renameFlushed(from, to)),
    stat: (path) =>
      doing('look at', path, async () => {
        const found = await unlessMissing(stat(path));
        return found && { id: `${found.ino}`, bytes: found.size };
      }),
    readFrom: (path, offset) => doing('read', path, () => readFrom(path, offset)),
    find: (path, id) => doing('look beside', path, () => find(dirname(path), id)),
  };
}

async function doing<Result>(
  what: string,
  path: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new CardctlError('edge', `cannot ${what} ${path}: ${messageOf(error)}`, {
      hint: 'Run cardctl as a user who may write the files of Nginx and read its log.',
      cause: error,
    });
  }
}

async function unlessMissing<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function writeFlushed(path: string, text: string): Promise<void> {
  await using(await open(path, 'w', 0o644), async (file) => {
    await file.writeFile(text);
    await file.sync();
  });
}

async function renameFlushed(from: string, to: string): Promise<void> {
  await rename(from, to);
  // The new name is on disk only when the directory is.
  await using(await open(dirname(to), 'r'), (directory) => directory.sync());
}

async function readFrom(path: string, offset: number): Promise<Buffer> {
  return using(await open(path, 'r'), async (file) => {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.max(size - offset, 0));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
    return bytes.subarray(0, bytesRead);
  });
}

async function find(directory: string, id: string): Promise<string | undefined> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const found = await unlessMissing(stat(path));
    if (found?.isFile() && `${found.ino}` === id) return path;
  }
  return undefined;
}

async function using<Result>(
  file: FileHandle,
  work: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}
