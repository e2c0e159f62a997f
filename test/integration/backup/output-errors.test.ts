import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verify } from '../../../src/cli/engine/verify.js';
import type { MoveRules } from '../../../src/snapshot/plan-move.js';
import { writeBackup } from '../../../src/steps/backup/index.js';
import { snapshot } from '../../../src/steps/backup/snapshot.js';
import type { Migration } from '../../../src/steps/context.js';
import { restoreBackup } from '../../../src/steps/restore/index.js';
import {
  backupCommand,
  contentsOf,
  errorOf,
  gameFile,
  sha256Of,
  surroundings,
} from '../../support/backup-run.js';
import { createDatabase } from '../../support/postgres.js';
import { runProcess } from '../../support/process.js';
import { canMount, makeReadOnly, smallDisk } from '../../support/small-disk.js';
import { tempDir } from '../../support/temp-dir.js';

const NO_RULES: MoveRules = { columns: new Map(), skip: new Set(), onBadRow: 'fail' };
const ALL_TABLES = { counts: false, tables: [], repair: false, limit: 20 };

const onSmallDisk = canMount ? describe : describe.skip;

onSmallDisk('on a disk that is full (needs root, to mount a small one)', () => {
  it('a backup that will not fit is refused before anything is written', async () => {
    const sourcePath = await gameFile();
    const outDir = await smallDisk(6e6);
    const error = await errorOf(writeBackup({ sourcePath, outDir, ...surroundings() }));
    expect(error.code).toBe('target');
    expect(error.message).toMatch(
      /^cannot write a backup at .*: no space left \(1\d\.?\d? MB needed, \d(\.\d)? MB free\)$/,
    );
    expect(error.hint).toContain('--out');
    expect(error.details).toMatchObject({
      bytesNeeded: expect.any(Number),
      bytesFree: expect.any(Number),
    });
    expect(readdirSync(outDir)).toEqual([]);
  });

  it.each([
    ['the snapshot', /"step":"snapshot","state":"started"/, 1e6],
    ['the archive', /"step":"compress","state":"started"/, 1e5],
  ])('that fills up under %s: nothing is left, the old backup stays', async (_what, when, left) => {
    const sourcePath = await gameFile();
    const sourceSha256 = sha256Of(sourcePath);
    const outDir = await smallDisk(40e6);
    const old = await writeBackup({ sourcePath, outDir, ...surroundings() });
    const before = contentsOf(old.directory);
    const { clock } = surroundings();
    const report = (event: object) => {
      if (when.test(JSON.stringify(event))) fill(outDir, left);
    };
    const error = await errorOf(writeBackup({ sourcePath, outDir, clock, report }));
    expect(error).toMatchObject({
      code: 'target',
      message: expect.stringMatching(/: no space left \([\d.]+ MB needed, 0(\.\d)? MB free\)$/),
    });
    expect(readdirSync(outDir).sort()).toEqual(['filler', old.directory.slice(outDir.length + 1)]);
    expect(contentsOf(old.directory)).toEqual(before);
    expect(sha256Of(sourcePath)).toBe(sourceSha256);
  });

  it('the snapshot of a verify names the flag that chooses the disk', async () => {
    const workDir = await smallDisk(3e6);
    const options = { sourcePath: await gameFile(), workDir, rules: NO_RULES, ...ALL_TABLES };
    const signal = new AbortController().signal;
    const error = await errorOf(
      verify(
        { ...options, targetUrl: (await createDatabase()).url },
        { ...surroundings(), signal },
      ),
    );
    expect(error).toMatchObject({
      code: 'target',
      message: expect.stringContaining('no space left'),
      hint: 'Free some space, or give a directory that can be written to with --work-dir.',
    });
  });

  it('the snapshot of a migrate names the flag that chooses the disk', async () => {
    const workDir = await smallDisk(3e6);
    const migration = {
      ...surroundings(),
      signal: new AbortController().signal,
      sourcePath: await gameFile(),
      snapshotPath: join(workDir, 'snapshots', 'run.db'),
      options: { resume: false, holdMsMax: 3_000, acceptHold: false },
    };
    const error = await errorOf(snapshot.run(migration as unknown as Migration));
    expect(error).toMatchObject({
      code: 'target',
      message: expect.stringContaining('no space left'),
      hint: 'Free some space, or give a directory that can be written to with --work-dir.',
    });
  });

  it('a restore that will not fit is refused', async () => {
    const outDir = await tempDir();
    const backup = await writeBackup({ sourcePath: await gameFile(), outDir, ...surroundings() });
    const disk = await smallDisk(3e6);
    const toPath = join(disk, 'game_bot.db');
    const work = restoreBackup({ backupPath: backup.directory, toPath, ...surroundings() });
    expect(await errorOf(work)).toMatchObject({
      code: 'target',
      message: expect.stringMatching(/^cannot restore at .*no space left \(8\.\d MB needed, /),
    });
    expect(readdirSync(disk)).toEqual([]);
  });

  it('that is read-only, the backup is refused', async () => {
    const outDir = await smallDisk(40e6);
    makeReadOnly(outDir);
    const work = writeBackup({ sourcePath: await gameFile(100), outDir, ...surroundings() });
    expect(await errorOf(work)).toMatchObject({
      code: 'target',
      message: `cannot write a backup at ${outDir}: the disk is read-only`,
    });
  });
});

it('a file size limit is an error of the output, and nothing is left', async () => {
  const sourcePath = await gameFile();
  const outDir = await tempDir();
  const command = backupCommand({ sourcePath, outDir });
  const { stdout } = await runProcess('bash', ['-c', 'ulimit -f 4000; "$0" "$@"', ...command]);
  expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
    type: 'error',
    code: 'target',
    message: expect.stringMatching(/: the file size limit is reached$/),
  });
  expect(readdirSync(outDir)).toEqual([]);
});

it('an output directory that is a file is an error', async () => {
  const outDir = join(await tempDir(), 'file');
  writeFileSync(outDir, '');
  const work = writeBackup({ sourcePath: await gameFile(100), outDir, ...surroundings() });
  expect(await errorOf(work)).toMatchObject({
    code: 'target',
    message: expect.stringMatching(/^cannot make the output directory at .*: it exists already$/),
  });
});

/** Fills the disk with one file until only so many bytes are left. */
function fill(directory: string, bytesLeft: number): void {
  const path = join(directory, 'filler');
  const chunk = Buffer.alloc(64 * 1_024);
  try {
    for (;;) writeFileSync(path, chunk, { flag: 'a' });
  } catch {
    truncateSync(path, statSync(path).size - bytesLeft);
  }
}
