import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { Backup } from '../../../src/snapshot/archive/layout.js';
import { makePartial } from '../../../src/snapshot/archive/partial.js';
import { writeBackup } from '../../../src/steps/backup/index.js';
import { restoreBackup } from '../../../src/steps/restore/index.js';
import { errorOf, gameFile, sha256Of, surroundings } from '../../support/backup-run.js';
import { tempDir } from '../../support/temp-dir.js';

async function backedUp(players = 100): Promise<{ sourcePath: string; backup: Backup }> {
  const sourcePath = await gameFile(players);
  const outDir = await tempDir();
  return { sourcePath, backup: await writeBackup({ sourcePath, outDir, ...surroundings() }) };
}

describe('a restored file', () => {
  it('is byte for byte the original, private, and alone in its directory', async () => {
    const { sourcePath, backup } = await backedUp(2_000);
    const toPath = join(await tempDir(), 'again.db');
    const restored = await restoreBackup({
      backupPath: backup.directory,
      toPath,
      ...surroundings(),
    });
    expect(readFileSync(toPath).equals(readFileSync(sourcePath))).toBe(true);
    expect(restored).toMatchObject({
      path: toPath,
      bytes: statSync(sourcePath).size,
      sha256: sha256Of(sourcePath),
    });
    expect(statSync(toPath).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(toPath, '..'))).toEqual(['again.db']);
  });

  it('of a source in WAL mode opens in WAL mode, with no file beside it', async () => {
    const sourcePath = await gameFile(100);
    const db = new Database(sourcePath);
    db.pragma('journal_mode = WAL');
    const outDir = await tempDir();
    const backup = await writeBackup({ sourcePath, outDir, ...surroundings() });
    db.close();
    const toPath = join(await tempDir(), 'again.db');
    await restoreBackup({ backupPath: backup.archivePath, toPath, ...surroundings() });
    expect(readdirSync(join(toPath, '..'))).toEqual(['again.db']);
    expect(sha256Of(toPath)).toBe(backup.manifest.database.sha256);
    const again = new Database(toPath);
    expect(again.pragma('journal_mode', { simple: true })).toBe('wal');
    again.close();
  });
});

describe('a destination that is not free', () => {
  it('is refused, and replaced only by force', async () => {
    const { sourcePath, backup } = await backedUp();
    const toPath = join(await tempDir(), 'game_bot.db');
    writeFileSync(toPath, 'precious');
    const options = { backupPath: backup.directory, toPath, ...surroundings() };
    expect(await errorOf(restoreBackup(options))).toMatchObject({
      code: 'refused',
      message: `${toPath} is there already; nothing was changed`,
      hint: expect.stringContaining('--force'),
    });
    expect(readFileSync(toPath, 'utf8')).toBe('precious');
    await restoreBackup({ ...options, force: true });
    expect(sha256Of(toPath)).toBe(sha256Of(sourcePath));
  });

  it.each(['-journal', '-wal', '-shm'])(
    'because a %s lies beside it is refused, by force too',
    async (suffix) => {
      const { backup } = await backedUp();
      const toPath = join(await tempDir(), 'game_bot.db');
      writeFileSync(toPath + suffix, 'x');
      const options = { backupPath: backup.directory, toPath, force: true, ...surroundings() };
      expect(await errorOf(restoreBackup(options))).toMatchObject({
        code: 'refused',
        message: expect.stringContaining(`${toPath}${suffix} is there`),
      });
      expect(existsSync(toPath)).toBe(false);
    },
  );

  it('because a file came there meanwhile is left to that file', async () => {
    const { backup } = await backedUp();
    const toPath = join(await tempDir(), 'game_bot.db');
    const { clock } = surroundings();
    const report = (event: { type: string }) => {
      if (event.type === 'progress') writeFileSync(toPath, 'precious');
    };
    const work = restoreBackup({ backupPath: backup.directory, toPath, clock, report });
    expect(await errorOf(work)).toMatchObject({ code: 'refused' });
    expect(readFileSync(toPath, 'utf8')).toBe('precious');
    expect(readdirSync(join(toPath, '..'))).toEqual(['game_bot.db']);
  });
});

describe('a damaged backup', () => {
  it.each([
    ['one byte of its archive changed', (path: string) => flip(path), /sha256/],
    [
      'its archive is cut off',
      (path: string) => execFileSync('truncate', ['-s', '-9', path]),
      /bytes/,
    ],
    [
      'archive and manifest are those of other content',
      (path: string, backup: Backup) => forge(path, backup, gzipSync('something else')),
      /what it unpacks to has another sha256/,
    ],
    [
      'the archive is no gzip at all',
      (path: string, backup: Backup) => forge(path, backup, Buffer.from('something else')),
      /it does not unpack/,
    ],
  ])('is refused and leaves nothing: %s', async (_what, damage, message) => {
    const { backup } = await backedUp();
    damage(backup.archivePath, backup);
    const toPath = join(await tempDir(), 'game_bot.db');
    const work = restoreBackup({ backupPath: backup.directory, toPath, ...surroundings() });
    const error = await errorOf(work);
    expect(error).toMatchObject({ code: 'source', message: expect.stringMatching(message) });
    expect(error.message).toContain('is damaged');
    expect(error.hint).toContain('another backup');
    expect(readdirSync(join(toPath, '..'))).toEqual([]);
  });
});

it('an interrupt leaves nothing', async () => {
  const { backup } = await backedUp(2_000);
  const toPath = join(await tempDir(), 'game_bot.db');
  const controller = new AbortController();
  const { clock } = surroundings();
  const work = restoreBackup({
    backupPath: backup.directory,
    toPath,
    clock,
    signal: controller.signal,
    report: (event) => {
      if (event.type === 'progress') controller.abort();
    },
  });
  expect(await errorOf(work)).toMatchObject({ code: 'interrupted' });
  await sleep(50);
  expect(readdirSync(join(toPath, '..'))).toEqual([]);
});

it('a killed restore is cleaned up by the next', async () => {
  const { backup } = await backedUp();
  const directory = await tempDir();
  const dead = makePartial(directory).replace(/-\d+-\d+-[0-9a-f]+$/, '-4194305-1-00000000');
  execFileSync('sh', [
    '-c',
    'rm -r "$0"/.cardctl-partial-*; mkdir "$1"; echo x > "$1/game_bot.db"',
    directory,
    dead,
  ]);
  const toPath = join(directory, 'game_bot.db');
  await restoreBackup({ backupPath: backup.directory, toPath, ...surroundings() });
  expect(readdirSync(directory)).toEqual(['game_bot.db']);
});

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(500) ^ 1, 500);
  writeFileSync(path, bytes);
}

/** An archive that fits its manifest in size and sha256, but not the database it speaks of. */
function forge(path: string, backup: Backup, bytes: Buffer): void {
  writeFileSync(path, bytes);
  const archive = { ...backup.manifest.archive, bytes: bytes.length, sha256: sha256Of(path) };
  const manifest = { ...backup.manifest, archive };
  writeFileSync(join(backup.directory, 'manifest.json'), JSON.stringify(manifest));
}
