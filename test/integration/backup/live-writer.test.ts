import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { decompressFile } from '../../../src/snapshot/archive/gzip.js';
import { takeSnapshot } from '../../../src/snapshot/take/index.js';
import { writeBackup } from '../../../src/steps/backup/index.js';
import { errorOf, gameFile, surroundings } from '../../support/backup-run.js';
import { startLegacyWriter } from '../../support/legacy-writer.js';
import { startProcess } from '../../support/process.js';
import { tempDir } from '../../support/temp-dir.js';

describe('a backup under a bot that writes 300 times a second', () => {
  it.each(['DELETE', 'WAL', 'TRUNCATE', 'PERSIST'])(
    'in %s mode holds exactly the first of its writes, and the bot sees no error',
    async (mode) => {
      const sourcePath = await gameFile();
      const scoreBefore = setUp(sourcePath, mode);
      const writer = await startLegacyWriter(sourcePath, 300);
      const outDir = await tempDir();
      const backups = [];
      for (let nth = 0; nth < 3; nth++) {
        backups.push(await writeBackup({ sourcePath, outDir, ...surroundings() }));
      }
      const result = await writer.stop();
      expect(result.errors).toEqual({});
      expect(result.writes).toBeGreaterThan(100);
      let previous = 0;
      for (const { archivePath } of backups) {
        const path = join(await tempDir(), 'restored.db');
        await decompressFile(archivePath, path);
        const { numbers, score } = writesIn(path);
        expect(numbers).toEqual(result.ledger.slice(0, numbers.length));
        // Both halves of every transaction, or neither.
        expect(score - scoreBefore).toBe(numbers.length);
        expect(numbers.length).toBeGreaterThan(previous);
        previous = numbers.length;
      }
    },
  );
});

it('the lock is had within seconds from a bot that never rests', async () => {
  const sourcePath = await gameFile();
  const scoreBefore = setUp(sourcePath, 'DELETE');
  const writer = await startLegacyWriter(sourcePath, 1_000_000);
  const targetPath = join(await tempDir(), 'snapshot.db');
  const snapshot = await takeSnapshot({ sourcePath, targetPath, ...surroundings() });
  const result = await writer.stop();
  expect(result.errors).toEqual({});
  expect(snapshot.lockWaitMs).toBeLessThan(3_000);
  const { numbers, score } = writesIn(targetPath);
  expect(score - scoreBefore).toBe(numbers.length);
  expect(numbers).toEqual(result.ledger.slice(0, numbers.length));
});

it('a source that stays locked is an error once the wait is over', async () => {
  const sourcePath = await gameFile(100);
  const db = new Database(sourcePath);
  db.exec('BEGIN EXCLUSIVE');
  const targetPath = join(await tempDir(), 'snapshot.db');
  const work = takeSnapshot({ sourcePath, targetPath, lockWaitMsMax: 300, ...surroundings() });
  const error = await errorOf(work);
  db.close();
  expect(error).toMatchObject({ code: 'source', message: `${sourcePath} stayed locked for 0.3 s` });
  expect(error.hint).toContain('fuser');
  expect(existsSync(targetPath)).toBe(false);
});

it('a file that changes although it is locked is an error, not a backup', async () => {
  const sourcePath = join(await tempDir(), 'big.db');
  const db = new Database(sourcePath);
  db.exec('CREATE TABLE t (b BLOB); INSERT INTO t VALUES (zeroblob(200000000))');
  db.close();
  const scribble = join(await tempDir(), 'scribble.py');
  writeFileSync(
    scribble,
    `import os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
print("ready", flush=True)
while True:
    os.pwrite(fd, b"x", 150000000)
`,
  );
  const scribbler = startProcess('python3', [scribble, sourcePath]);
  await scribbler.waitFor(/ready/);
  const targetPath = join(await tempDir(), 'snapshot.db');
  const error = await errorOf(takeSnapshot({ sourcePath, targetPath, ...surroundings() }));
  await scribbler.kill();
  rmSync(sourcePath);
  expect(error).toMatchObject({
    code: 'source',
    message: `${sourcePath} changed while it was locked`,
  });
  expect(existsSync(targetPath)).toBe(false);
});

/** Sets the journal mode; returns the sum of all scores, to which every write adds one. */
function setUp(path: string, mode: string): number {
  const db = new Database(path);
  db.pragma(`journal_mode = ${mode}`);
  const score = db.prepare('SELECT sum(total_score) FROM players').pluck().get() as number;
  db.close();
  return score;
}

/** The writes of the legacy writer that a copy holds, through a plain driver. */
function writesIn(path: string): { numbers: number[]; score: number } {
  const db = new Database(path, { readonly: true });
  const numbers = db
    .prepare(
      "SELECT opponent_user_id FROM fight_history WHERE fight_type = 'legacy_writer' ORDER BY id",
    )
    .pluck()
    .all() as number[];
  const score = db.prepare('SELECT sum(total_score) FROM players').pluck().get() as number;
  db.close();
  return { numbers, score };
}
