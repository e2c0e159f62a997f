import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { decompressFile } from '../../../src/snapshot/archive/gzip.js';
import { readBackup } from '../../../src/snapshot/archive/read.js';
import { takeSnapshot } from '../../../src/snapshot/take/index.js';
import { planBackup, writeBackup } from '../../../src/steps/backup/index.js';
import {
  contentsOf,
  errorOf,
  gameFile,
  notesIn,
  sha256Of,
  surroundings,
} from '../../support/backup-run.js';
import { tempDir } from '../../support/temp-dir.js';

describe('a backup of a resting source', () => {
  it('holds the very bytes of the source, and describes them', async () => {
    const sourcePath = await gameFile();
    const outDir = join(await tempDir(), 'new', 'backups');
    const before = { sha256: sha256Of(sourcePath), mtimeMs: statSync(sourcePath).mtimeMs };
    const { events, ...around } = surroundings();
    const backup = await writeBackup({ sourcePath, outDir, ...around });

    expect(readdirSync(outDir)).toEqual([basename(backup.directory)]);
    expect(basename(backup.directory)).toMatch(/^game_bot\.db-\d{8}T\d{6}Z-[0-9a-f]{6}$/);
    expect(readdirSync(backup.directory).sort()).toEqual(['game_bot.db.gz', 'manifest.json']);
    const byHand = execFileSync('gunzip', ['-c', backup.archivePath], { maxBuffer: 1e8 });
    expect(byHand.equals(readFileSync(sourcePath))).toBe(true);

    const { database, archive, source, checks, writersHeldMs } = backup.manifest;
    expect(JSON.parse(readFileSync(join(backup.directory, 'manifest.json'), 'utf8'))).toEqual(
      backup.manifest,
    );
    const plain = new Database(sourcePath, { readonly: true });
    expect(database).toMatchObject({
      bytes: statSync(sourcePath).size,
      sha256: before.sha256,
      pageSize: plain.pragma('page_size', { simple: true }),
      pageCount: plain.pragma('page_count', { simple: true }),
      position: null,
    });
    expect(database.tables.map(({ name }) => name)).toEqual([
      'active_fights',
      'card_cooldown_settings',
      'card_cooldowns',
      'cards',
      'fight_history',
      'player_cards',
      'players',
    ]);
    for (const { name, rows } of database.tables) {
      expect(rows, name).toBe(plain.prepare(`SELECT count(*) FROM ${name}`).pluck().get());
    }
    const orphans = plain.pragma('foreign_key_check') as unknown[];
    plain.close();
    expect(orphans.length).toBeGreaterThan(0);
    expect(checks).toMatchObject({
      integrity: { result: 'ok', brokenRules: [] },
      foreignKeys: {
        result: 'checked',
        violations: orphans.length,
        references: [{ table: 'active_fights', parent: 'players', rows: orphans.length }],
      },
      restored: 'ok',
    });
    expect(archive).toMatchObject({
      file: 'game_bot.db.gz',
      bytes: statSync(backup.archivePath).size,
      sha256: sha256Of(backup.archivePath),
    });
    expect(source).toMatchObject({ basename: 'game_bot.db', journalMode: 'rollback' });
    expect(writersHeldMs).toBeGreaterThan(0);
    expect(notesIn(events)).toEqual([
      expect.stringMatching(/^Writers will now be held for about \d\.\d\d s \(8 MB in rollback/),
      expect.stringMatching(/rows of active_fights refer to rows that players does not have/),
    ]);

    expect(sha256Of(sourcePath)).toBe(before.sha256);
    expect(statSync(sourcePath).mtimeMs).toBe(before.mtimeMs);
    expect(readdirSync(join(sourcePath, '..'))).toEqual(['game_bot.db']);
  });

  it('is private: files 0600, directories 0700', async () => {
    const outDir = join(await tempDir(), 'backups');
    const sourcePath = await gameFile(100);
    const backup = await writeBackup({ sourcePath, outDir, ...surroundings() });
    const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(modeOf(outDir)).toBe('700');
    expect(modeOf(backup.directory)).toBe('700');
    expect(modeOf(backup.archivePath)).toBe('600');
    expect(modeOf(join(backup.directory, 'manifest.json'))).toBe('600');
  });

  it('without the checks says so in its manifest', async () => {
    const sourcePath = await gameFile(100);
    const outDir = await tempDir();
    const { events, ...around } = surroundings();
    const { manifest } = await writeBackup({ sourcePath, outDir, check: false, ...around });
    expect(manifest.checks).toEqual({
      integrity: { result: 'skipped', brokenRules: [] },
      foreignKeys: { result: 'skipped', violations: 0, references: [] },
      restored: 'skipped',
    });
    expect(events).toContainEqual({ type: 'step', step: 'restore check', state: 'skipped' });
  });

  it('keeps rows that break rules of their own table, and names them', async () => {
    const sourcePath = join(await tempDir(), 'odd.db');
    const db = new Database(sourcePath).unsafeMode();
    // What an ALTER TABLE by hand, in the schema table, leaves behind.
    db.exec(`
      CREATE TABLE "odd ""name""" (id INTEGER PRIMARY KEY, hearts INTEGER);
      INSERT INTO "odd ""name""" VALUES (1, NULL);
      PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET sql = replace(sql, 'hearts INTEGER', 'hearts INTEGER NOT NULL');
    `);
    db.close();
    const outDir = await tempDir();
    const { manifest } = await writeBackup({ sourcePath, outDir, ...surroundings() });
    expect(manifest.checks.integrity).toEqual({
      result: 'ok',
      brokenRules: ['NULL value in odd "name".hearts'],
    });
    expect(manifest.database.tables).toContainEqual({ name: 'odd "name"', rows: 1 });
  });
});

describe('a backup of a source in WAL mode', () => {
  it('has what only the WAL has, holds nobody, and leaves the files as they were', async () => {
    const sourcePath = await gameFile();
    const db = new Database(sourcePath);
    db.pragma('journal_mode = WAL');
    db.exec("UPDATE players SET username = 'only in the WAL' WHERE user_id % 2 = 0");
    const before = contentsOf(join(sourcePath, '..'));
    const outDir = await tempDir();
    const { events, ...around } = surroundings();
    const backup = await writeBackup({ sourcePath, outDir, ...around });
    expect(contentsOf(join(sourcePath, '..'))).toEqual(
      // The shared memory holds locks; it is not data.
      { ...before, [`${sourcePath}-shm`]: expect.any(String) },
    );

    const restored = join(await tempDir(), 'restored.db');
    await decompressFile(backup.archivePath, restored);
    expect(dumpOf(restored)).toBe(dumpOf(sourcePath));
    expect(dumpOf(restored)).toContain('only in the WAL');
    expect(backup.manifest.source.journalMode).toBe('wal');
    expect(backup.manifest.writersHeldMs).toBe(0);
    expect(notesIn(events)[0]).toMatch(/^Writers are not held: the source is in WAL mode/);
    db.close();
  });

  it('leaves no -wal and -shm beside a source that had none', async () => {
    const sourcePath = await gameFile(100);
    const db = new Database(sourcePath);
    db.pragma('journal_mode = WAL');
    db.close();
    const before = contentsOf(join(sourcePath, '..'));
    expect(Object.keys(before)).toEqual([sourcePath]);
    const outDir = await tempDir();
    await writeBackup({ sourcePath, outDir, ...surroundings() });
    expect(contentsOf(join(sourcePath, '..'))).toEqual(before);
  });

  it("leaves a dead bot's WAL unharmed", async () => {
    const sourcePath = await gameFile(100);
    const live = new Database(sourcePath);
    live.pragma('journal_mode = WAL');
    live.exec("UPDATE players SET username = 'only in the WAL'");
    const crashed = join(await tempDir(), 'game_bot.db');
    for (const suffix of ['', '-wal', '-shm']) {
      execFileSync('cp', [sourcePath + suffix, crashed + suffix]);
    }
    live.close();
    const before = { db: sha256Of(crashed), wal: sha256Of(`${crashed}-wal`) };
    const outDir = await tempDir();
    const backup = await writeBackup({ sourcePath: crashed, outDir, ...surroundings() });
    expect({ db: sha256Of(crashed), wal: sha256Of(`${crashed}-wal`) }).toEqual(before);
    const restored = join(await tempDir(), 'restored.db');
    await decompressFile(backup.archivePath, restored);
    expect(dumpOf(restored)).toContain('only in the WAL');
  });
});

describe('keep', () => {
  it('removes the oldest whole backups of this source, and nothing else', async () => {
    const [sourcePath, otherPath] = [await gameFile(100), await gameFile(100)];
    const outDir = await tempDir();
    const around = surroundings();
    const other = await writeBackup({ sourcePath: otherPath, outDir, ...around });
    const first = await writeBackup({ sourcePath, outDir, ...around });
    const second = await writeBackup({ sourcePath, outDir, ...around });
    const broken = join(outDir, 'game_bot.db-20200101T000000Z-000000');
    mkdirSync(broken);
    const third = await writeBackup({ sourcePath, outDir, keep: 2, ...around });
    expect(third.removed).toEqual([first.directory]);
    expect(readdirSync(outDir).map((name) => join(outDir, name))).toEqual(
      [broken, other.directory, second.directory, third.directory].sort(),
    );
  });

  it('of less than one is a usage error, before anything is done', async () => {
    const sourcePath = await gameFile(100);
    const outDir = join(await tempDir(), 'backups');
    const error = await errorOf(writeBackup({ sourcePath, outDir, keep: 0, ...surroundings() }));
    expect(error).toMatchObject({ code: 'usage', message: expect.stringMatching(/--keep/) });
    expect(existsSync(outDir)).toBe(false);
  });
});

describe('a hold longer than the bound', () => {
  it('is refused before the lock is taken, with the ways out', async () => {
    const sourcePath = await gameFile();
    const outDir = await tempDir();
    const work = writeBackup({ sourcePath, outDir, holdMsMax: 0.001, ...surroundings() });
    const error = await errorOf(work);
    expect(error.code).toBe('refused');
    expect(error.message).toMatch(
      /^writers would be held for about \d\.\d\d s, more than 0\.00 s; nothing was changed$/,
    );
    expect(error.hint).toContain('--accept-hold');
    expect(error.hint).toContain('PRAGMA journal_mode=WAL');
    expect(readdirSync(outDir)).toEqual([]);
  });

  it('is done when it is accepted', async () => {
    const sourcePath = await gameFile();
    const outDir = await tempDir();
    const options = { sourcePath, outDir, holdMsMax: 0.001, acceptHold: true, ...surroundings() };
    const { manifest } = await writeBackup(options);
    expect(manifest.database.sha256).toBe(sha256Of(sourcePath));
  });
});

describe('an interrupt', () => {
  it.each(['copy', 'gzip', 'unpack'])('during %s leaves nothing behind', async (task) => {
    const sourcePath = await gameFile();
    const outDir = await tempDir();
    const controller = new AbortController();
    const { clock, report } = surroundings();
    const work = writeBackup({
      sourcePath,
      outDir,
      clock,
      signal: controller.signal,
      report: (event) => {
        report(event);
        if (event.type === 'progress' && event.task === task) controller.abort();
      },
    });
    const error = await errorOf(work);
    expect(error).toMatchObject({ code: 'interrupted' });
    expect(readdirSync(outDir)).toEqual([]);
  });
});

describe('a snapshot', () => {
  it('is a private file with the bytes of the source', async () => {
    const sourcePath = await gameFile();
    const targetPath = join(await tempDir(), 'snapshot.db');
    const snapshot = await takeSnapshot({ sourcePath, targetPath, ...surroundings() });
    expect(sha256Of(targetPath)).toBe(sha256Of(sourcePath));
    expect(statSync(targetPath).mode & 0o777).toBe(0o600);
    expect(snapshot).toMatchObject({
      path: targetPath,
      bytes: statSync(sourcePath).size,
      pageSize: 4096,
      pageCount: statSync(sourcePath).size / 4096,
      journalMode: 'rollback',
    });
  });

  it('never overwrites: not a file that is there, not the source itself', async () => {
    const sourcePath = await gameFile(100);
    const before = sha256Of(sourcePath);
    const work = takeSnapshot({ sourcePath, targetPath: sourcePath, ...surroundings() });
    expect(await errorOf(work)).toMatchObject({
      code: 'target',
      message: `cannot make the snapshot at ${sourcePath}: it exists already`,
    });
    expect(sha256Of(sourcePath)).toBe(before);
  });
});

describe('a plan', () => {
  it('tells what would be done and writes nothing', async () => {
    const sourcePath = await gameFile();
    const outDir = await tempDir();
    const around = surroundings();
    const old = await writeBackup({ sourcePath, outDir, ...around });
    const before = contentsOf(outDir);
    const plan = await planBackup({ sourcePath, outDir, keep: 1, ...around });
    expect(plan).toMatchObject({
      sourcePath,
      directory: expect.stringMatching(/\/game_bot\.db-\d{8}T\d{6}Z-xxxxxx$/),
      bytes: statSync(sourcePath).size,
      journalMode: 'rollback',
      holdMsMax: 3_000,
      isHoldTooLong: false,
      isDiskTooFull: false,
      wouldRemove: [old.directory],
    });
    expect(plan.holdMsEstimate).toBeGreaterThan(0);
    expect(plan.secondsEstimate).toBeGreaterThan(0);
    expect(plan.bytesNeeded).toBeGreaterThan(plan.bytes + plan.compressedBytesEstimate);
    expect(contentsOf(outDir)).toEqual(before);
    const elsewhere = join(outDir, 'not', 'there');
    await planBackup({ sourcePath, outDir: elsewhere, ...around });
    expect(existsSync(join(outDir, 'not'))).toBe(false);
  });

  it('tells of a hold that is too long', async () => {
    const sourcePath = await gameFile();
    const options = { sourcePath, outDir: await tempDir(), holdMsMax: 0.001, ...surroundings() };
    expect(await planBackup(options)).toMatchObject({ isHoldTooLong: true });
    expect(await planBackup({ ...options, acceptHold: true })).toMatchObject({
      isHoldTooLong: false,
    });
  });
});

describe('a backup that was touched', () => {
  it('is found out by its size, its sha256 or its manifest', async () => {
    const sourcePath = await gameFile(100);
    const outDir = await tempDir();
    const { directory, archivePath, manifest } = await writeBackup({
      sourcePath,
      outDir,
      ...surroundings(),
    });
    for (const path of [directory, archivePath, join(directory, 'manifest.json')]) {
      expect((await readBackup(path)).manifest).toEqual(manifest);
    }
    execFileSync('sh', ['-c', 'printf X | dd of="$0" bs=1 seek=500 conv=notrunc', archivePath], {
      stdio: 'ignore',
    });
    expect(await errorOf(readBackup(directory))).toMatchObject({
      code: 'source',
      message: expect.stringMatching(/is damaged: its sha256 is not the one in the manifest$/),
    });
    execFileSync('truncate', ['-s', '-1', archivePath]);
    expect((await errorOf(readBackup(directory))).message).toMatch(
      /is damaged: it has \d+ bytes, the manifest says \d+$/,
    );
    execFileSync('rm', [archivePath]);
    expect((await errorOf(readBackup(directory))).message).toMatch(/is damaged: it is missing$/);
    execFileSync('sh', ['-c', `echo '{"formatVersion":2}' > "$0"/manifest.json`, directory]);
    expect((await errorOf(readBackup(directory))).message).toMatch(
      /the manifest is not valid: formatVersion/,
    );
    execFileSync('rm', [join(directory, 'manifest.json')]);
    expect((await errorOf(readBackup(directory))).message).toMatch(/there is no manifest/);
    expect((await errorOf(readBackup(join(outDir, 'none')))).message).toMatch(/does not exist$/);
  });
});

const DUMP = `
import sqlite3, sys
for line in sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).iterdump():
    sys.stdout.buffer.write(line.encode() + b"\\n")
`;

/** Every value, through a program that is not ours. */
function dumpOf(path: string): string {
  return execFileSync('python3', ['-c', DUMP, path], { maxBuffer: 1e9 }).toString();
}
