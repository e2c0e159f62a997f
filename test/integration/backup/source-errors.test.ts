import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openSource } from '../../../src/drivers/sqlite.js';
import { CardctlError } from '../../../src/lib/errors.js';
import { copyUnderLock } from '../../../src/snapshot/take/copy-under-lock.js';
import { writeBackup } from '../../../src/steps/backup/index.js';
import { contentsOf, errorOf, gameFile, surroundings } from '../../support/backup-run.js';
import { projectForOthers } from '../../support/project-for-others.js';
import { canMount, makeReadOnly, smallDisk } from '../../support/small-disk.js';
import { tempDir } from '../../support/temp-dir.js';

interface BadSource {
  what: string;
  /** Makes the bad file at the path, which is in an empty directory. */
  make(path: string): void | Promise<void>;
  message: RegExp;
  hint: RegExp;
}

const BAD_SOURCES: BadSource[] = [
  {
    what: 'missing',
    make: () => undefined,
    message: /game_bot\.db does not exist$/,
    hint: /--source/,
  },
  {
    what: 'a directory',
    make: (path) => mkdirSync(path),
    message: /game_bot\.db is a directory, not a database file$/,
    hint: /--source/,
  },
  {
    what: 'empty',
    make: (path) => writeFileSync(path, ''),
    message: /game_bot\.db is empty \(0 bytes\)$/,
    hint: /wrong path/,
  },
  {
    what: 'encrypted',
    make: (path) => writeFileSync(path, randomBytes(40_960)),
    message: /game_bot\.db is not a SQLite database: it is encrypted \(SQLCipher\?\)/,
    hint: /sqlcipher_export/,
  },
  {
    what: 'a compressed backup',
    make: (path) => writeFileSync(path, gzipSync(randomBytes(5_000))),
    message: /is not a SQLite database: it looks like a compressed backup \(gzip\)$/,
    hint: /cardctl restore/,
  },
  {
    what: 'a SQL dump',
    make: (path) =>
      writeFileSync(path, 'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n'.repeat(50)),
    message: /is not a SQLite database: it is text$/,
    hint: /sqlite3 new\.db/,
  },
  {
    what: 'a few bytes of a header',
    make: async (path) => writeFileSync(path, readFileSync(await gameFile(100)).subarray(0, 60)),
    message: /is truncated: it has 60 bytes, less than one page$/,
    hint: /fetch it again/,
  },
  {
    what: 'truncated',
    make: async (path) => {
      copyFileSync(await gameFile(100), path);
      truncateSync(path, 100 * 1024);
    },
    message:
      /is truncated: its header says [\d,]+ pages of 4,096 bytes \([\d,]+ bytes\), the file has 102,400$/,
    hint: /fetch it again/,
  },
  {
    what: 'corrupt in its schema',
    make: async (path) => {
      copyFileSync(await gameFile(100), path);
      overwrite(path, 100, Buffer.alloc(60, 0xee));
    },
    message: /game_bot\.db is corrupt: /,
    hint: /\.recover/,
  },
  {
    what: 'corrupt in its pages',
    make: async (path) => {
      copyFileSync(await gameFile(100), path);
      overwrite(path, 40 * 4096, randomBytes(8 * 4096));
    },
    message: /^the database is corrupt: integrity_check says /,
    hint: /--no-check/,
  },
  {
    what: 'left in the middle of a write',
    make: (path) => crashInMidWrite(path),
    message:
      /was left in the middle of a write: its journal .*game_bot\.db-journal must be rolled back first/,
    hint: /Start the bot once/,
  },
];

describe('a bad source is told in words, stays as it is, and no backup is made', () => {
  it.each(BAD_SOURCES)('$what', async ({ make, message, hint }) => {
    const directory = await tempDir();
    const sourcePath = join(directory, 'game_bot.db');
    await make(sourcePath);
    const before = contentsOf(directory);
    const outDir = await tempDir();
    const error = await errorOf(writeBackup({ sourcePath, outDir, ...surroundings() }));
    expect(error.code).toBe('source');
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
    expect(readdirSync(outDir)).toEqual([]);
    expect(contentsOf(directory)).toEqual(before);
  });

  const isRoot = process.getuid?.() === 0;
  it.runIf(isRoot)('unreadable (as root, which lends the process to nobody)', async () => {
    const directory = await tempDir();
    const sourcePath = join(directory, 'game_bot.db');
    copyFileSync(await gameFile(100), sourcePath);
    chmodSync(sourcePath, 0o600);
    chmodSync(directory, 0o777);
    const project = projectForOthers();
    const url = pathToFileURL(join(project, 'src/drivers/sqlite.ts')).href;
    const script = `import(${JSON.stringify(url)}).then(({ openSource }) => openSource(${JSON.stringify(sourcePath)})).catch((error) => console.log(error.code + ': ' + error.message))`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      {
        uid: 65_534,
        gid: 65_534,
        encoding: 'utf8',
        cwd: project,
        env: { PATH: process.env.PATH, TMPDIR: directory },
      },
    );
    expect(stdout, stderr).toBe(`source: ${sourcePath} cannot be read: permission denied\n`);
  });

  it('replaced by another file meanwhile', async () => {
    const sourcePath = await gameFile(100);
    const other = await gameFile(101);
    const targetPath = join(await tempDir(), 'snapshot.db');
    writeFileSync(targetPath, '');
    const source = openSource(sourcePath);
    const options = {
      sourcePath,
      targetPath,
      holdMsMax: 3_000,
      lockWaitMsMax: 3_000,
      acceptHold: false,
      countAhead: false,
    };
    const work = copyUnderLock(source, options, (event) => {
      // The last thing said before the lock is taken.
      if (event.type === 'note') renameSync(other, sourcePath);
    });
    const error = await errorOf(work);
    source.close();
    expect(error).toMatchObject({
      code: 'source',
      message: `${sourcePath} was replaced by another file meanwhile`,
    });
  });
});

const onReadOnlyDisk = canMount ? describe : describe.skip;

onReadOnlyDisk('on a read-only disk (needs root, to mount one)', () => {
  it('a source at rest is backed up', async () => {
    const disk = await smallDisk(4e6);
    const sourcePath = join(disk, 'game_bot.db');
    copyFileSync(await gameFile(100), sourcePath);
    makeReadOnly(disk);
    const outDir = await tempDir();
    const { manifest } = await writeBackup({ sourcePath, outDir, ...surroundings() });
    expect(manifest.database.sha256).toBe(contentsOf(disk)[sourcePath]);
  });

  it('a hot journal is an error that says what to do', async () => {
    const disk = await smallDisk(16e6);
    const sourcePath = join(disk, 'game_bot.db');
    await crashInMidWrite(sourcePath);
    makeReadOnly(disk);
    expect(openingOf(sourcePath)).toMatchObject({
      code: 'source',
      message: expect.stringMatching(/was left in the middle of a write/),
      hint: expect.stringMatching(/On a read-only disk, copy both files to a writable one/),
    });
  });

  it.each([
    ['whose WAL needs recovery', ['', '-wal']],
    ['without a WAL', ['']],
  ])('a source in WAL mode %s is an error that says what to do', async (_what, suffixes) => {
    const origin = await gameFile(100);
    const db = new Database(origin);
    db.pragma('journal_mode = WAL');
    db.exec("UPDATE players SET username = 'only in the WAL'");
    const disk = await smallDisk(16e6);
    const sourcePath = join(disk, 'game_bot.db');
    for (const suffix of suffixes) copyFileSync(origin + suffix, sourcePath + suffix);
    db.close();
    makeReadOnly(disk);
    expect(openingOf(sourcePath)).toMatchObject({
      code: 'source',
      message: expect.stringMatching(/is in WAL mode and cannot be opened read-only where it is/),
      hint: expect.stringMatching(/Copy the file together with its -wal to a writable disk/),
    });
  });
});

describe('an open source', () => {
  it('refuses writes, and gives ids above 2^53 as they are', async () => {
    const path = await gameFile(100);
    const db = new Database(path);
    db.exec("INSERT INTO players (user_id, created_at) VALUES (9007199254740993, 'x')");
    db.close();
    const source = openSource(path);
    expect(source.journalMode).toBe('rollback');
    expect(source.db.prepare('SELECT max(user_id) FROM players').pluck().get()).toBe(
      9_007_199_254_740_993n,
    );
    expect(() => source.db.exec('DELETE FROM players')).toThrow(/readonly/);
    source.close();
  });

  it('says that the source is locked, once the wait is over', async () => {
    const path = await gameFile(100);
    const db = new Database(path);
    db.exec('BEGIN EXCLUSIVE');
    const error = await errorOf(
      Promise.resolve().then(() => openSource(path, { busyTimeoutMs: 100 })),
    );
    db.close();
    expect(error).toMatchObject({ code: 'source', message: `${path} stayed locked for 0.1 s` });
  });
});

/** A database whose writer was killed after its pages had begun to reach the file. */
async function crashInMidWrite(path: string): Promise<void> {
  copyFileSync(await gameFile(100), path);
  const script = `
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("PRAGMA cache_size = 5")
db.execute("UPDATE players SET username = 'half of it'")
db.execute("UPDATE fight_history SET result = 'half of it'")
os.kill(os.getpid(), signal.SIGKILL)
`;
  spawnSync('python3', ['-c', script, path]);
  execFileSync('test', ['-s', `${path}-journal`]);
}

function overwrite(path: string, at: number, bytes: Buffer): void {
  const all = readFileSync(path);
  bytes.copy(all, at);
  writeFileSync(path, all);
}

function openingOf(path: string): unknown {
  try {
    openSource(path).close();
    return undefined;
  } catch (error) {
    return error instanceof CardctlError ? error : undefined;
  }
}
