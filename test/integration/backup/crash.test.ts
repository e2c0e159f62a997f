import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { decompressFile } from '../../../src/snapshot/archive/gzip.js';
import { readBackup } from '../../../src/snapshot/archive/read.js';
import { writeBackup } from '../../../src/steps/backup/index.js';
import {
  contentsOf,
  gameFile,
  notesIn,
  sha256Of,
  startBackupProcess,
  surroundings,
} from '../../support/backup-run.js';
import { tempDir } from '../../support/temp-dir.js';

const RUNS = Number(process.env.CARDCTL_TEST_KILLS ?? 12);

it('a kill at any moment leaves whole backups only, and the next run cleans up', async () => {
  const sourcePath = await gameFile();
  const sourceSha256 = sha256Of(sourcePath);
  const outDir = await tempDir();
  const old = await writeBackup({ sourcePath, outDir, ...surroundings() });
  const oldContents = contentsOf(old.directory);
  const typicalMs = await msOfOneRun(sourcePath, outDir);
  let leftovers = 0;
  for (let run = 0; run < RUNS; run++) {
    const running = startBackupProcess({ sourcePath, outDir });
    // Spread over the run, from the first instant to just past its end.
    await sleep(typicalMs * ((run + Math.random()) / RUNS) * 1.1);
    await running.kill();
    leftovers += readdirSync(outDir).filter(isPartial).length;
    await expectAllWhole(outDir, sourceSha256);
  }
  expect(leftovers).toBeGreaterThan(0);
  expect(contentsOf(old.directory)).toEqual(oldContents);
  expect(sha256Of(sourcePath)).toBe(sourceSha256);

  await writeBackup({ sourcePath, outDir, ...surroundings() });
  expect(readdirSync(outDir).filter(isPartial)).toEqual([]);
  expect(contentsOf(old.directory)).toEqual(oldContents);
  await expectAllWhole(outDir, sourceSha256);
}, 180_000);

it.each([
  ['while copying', /"task":"copy"/],
  ['before the lock is taken', /Writers will now be held/],
  ['while compressing', /"step":"compress","state":"started"/],
  ['while reading back', /"step":"restore check","state":"started"/],
])('a kill %s frees the source at once and is cleaned up by the next run', async (_when, line) => {
  const sourcePath = await gameFile();
  const outDir = await tempDir();
  const running = startBackupProcess({ sourcePath, outDir });
  await running.waitFor(line);
  await running.kill();
  expect(readdirSync(outDir).filter((name) => !isPartial(name))).toEqual([]);
  const db = new Database(sourcePath, { timeout: 2_000 });
  db.exec('BEGIN EXCLUSIVE; COMMIT');
  db.close();
  const { events, ...around } = surroundings();
  const backup = await writeBackup({ sourcePath, outDir, ...around });
  expect(readdirSync(outDir)).toEqual([basename(backup.directory)]);
  expect(notesIn(events)).toContain('Removed 1 unfinished backup of runs that were killed.');
});

it('a kill stops the process that copies, too', async () => {
  const sourcePath = join(await tempDir(), 'zeros.db');
  const bytes = 400_000_000;
  const db = new Database(sourcePath);
  db.exec(`CREATE TABLE t (b BLOB); INSERT INTO t VALUES (zeroblob(${bytes}))`);
  db.close();
  const outDir = await tempDir();
  const running = startBackupProcess({ sourcePath, outDir });
  await running.waitFor(/"task":"copy"/);
  await running.kill();
  const [partial = ''] = readdirSync(outDir);
  const bytesCopied = await sizeAtRest(join(outDir, partial, 'snapshot.db'));
  expect(bytesCopied).toBeLessThan(bytes);
});

it('a kill of a run that removes old backups never leaves fewer whole ones than it keeps', async () => {
  const sourcePath = await gameFile(100);
  const outDir = await tempDir();
  for (let nth = 0; nth < 2; nth++) await writeBackup({ sourcePath, outDir, ...surroundings() });
  for (let run = 0; run < 4; run++) {
    const running = startBackupProcess({ sourcePath, outDir, keep: 2 });
    await running.waitFor(/"step":"restore check","state":"started"/);
    await sleep(Math.random() * 60);
    await running.kill();
    expect(await expectAllWhole(outDir, sha256Of(sourcePath))).toBeGreaterThanOrEqual(2);
  }
  await writeBackup({ sourcePath, outDir, keep: 2, ...surroundings() });
  expect(readdirSync(outDir)).toHaveLength(2);
}, 120_000);

it('a run does not clean up after one that still lives', async () => {
  const sourcePath = await gameFile();
  const outDir = await tempDir();
  const running = startBackupProcess({ sourcePath, outDir });
  await running.waitFor(/"type":"step","step":"snapshot","state":"started"/);
  await writeBackup({ sourcePath, outDir, ...surroundings() });
  expect((await running.finished).exitCode).toBe(0);
  expect(await expectAllWhole(outDir, sha256Of(sourcePath))).toBe(2);
});

async function msOfOneRun(sourcePath: string, outDir: string): Promise<number> {
  const startedMs = performance.now();
  const { exitCode, stdout } = await startBackupProcess({ sourcePath, outDir }).finished;
  expect(exitCode, stdout).toBe(0);
  return performance.now() - startedMs;
}

/** The size of a file once it has stopped growing, bytes. */
async function sizeAtRest(path: string): Promise<number> {
  for (let size = -1; ; ) {
    const now = statSync(path).size;
    if (now === size) return size;
    size = now;
    await sleep(300);
  }
}

/** Unpacks everything that looks like a backup; returns how many there are. */
async function expectAllWhole(outDir: string, sourceSha256: string): Promise<number> {
  const names = readdirSync(outDir).filter((name) => !isPartial(name));
  for (const name of names) {
    const { archivePath } = await readBackup(join(outDir, name));
    expect((await decompressFile(archivePath, undefined)).sha256).toBe(sourceSha256);
  }
  return names.length;
}

function isPartial(name: string): boolean {
  return name.startsWith('.cardctl-partial-');
}
