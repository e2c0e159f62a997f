import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { sha256Of } from '../../support/backup-run.js';
import { runCardctl, startCardctl } from '../../support/cardctl.js';
import {
  lastLine,
  type Move,
  migrateArgs,
  type Place,
  prepareMove,
} from '../../support/crash-run.js';
import { createDatabase, type TestDatabase } from '../../support/postgres.js';
import type { ProcessResult } from '../../support/process.js';
import { pictureOf } from '../../support/target-picture.js';
import { tempDir } from '../../support/temp-dir.js';

let move: Move;

beforeAll(async () => {
  move = await prepareMove();
});

const COPYING = /"step":"copy rows[^"]*","task"/;

interface Stopped {
  place: Place;
  database: TestDatabase;
}

/** A migrate that was killed while it copied. */
async function stoppedMigrate(): Promise<Stopped> {
  const database = await createDatabase();
  const place = {
    sourcePath: move.sourcePath,
    targetUrl: database.url,
    workDir: await tempDir(),
  };
  const running = startCardctl(migrateArgs(place));
  await running.waitFor(COPYING);
  await running.kill();
  return { place, database };
}

async function expectResumes({ place }: Stopped): Promise<void> {
  const { exitCode, stdout } = await runCardctl(migrateArgs(place, '--resume'));
  expect(exitCode, lastLine(stdout)).toBe(0);
  expect(await pictureOf(place.targetUrl)).toEqual(move.undisturbed);
}

function errorIn({ stdout }: ProcessResult): { message: string; hint: string } {
  return JSON.parse(lastLine(stdout)).error;
}

describe('resume', () => {
  test('with other column rules is refused, and goes on with those of the beginning', async () => {
    const stopped = await stoppedMigrate();
    const config = join(await tempDir(), 'cardctl.json');
    writeFileSync(config, '{"types": {"players.hearts": "numeric"}}');
    const refused = await runCardctl(migrateArgs(stopped.place, '--resume', '--config', config));
    expect(refused.exitCode).toBe(3);
    expect(errorIn(refused).message).toBe(
      'the snapshot or the column rules are not those with which the load began',
    );
    await expectResumes(stopped);
  });

  test('with another rule for values that changes no type is refused, too', async () => {
    const stopped = await stoppedMigrate();
    const config = join(await tempDir(), 'cardctl.json');
    writeFileSync(config, '{"onBadValue": {"players.username": "strip-nul"}}');
    const refused = await runCardctl(migrateArgs(stopped.place, '--resume', '--config', config));
    expect(refused.exitCode).toBe(3);
    await expectResumes(stopped);
  });

  test('from another work directory is refused and names the run', async () => {
    const stopped = await stoppedMigrate();
    const place = { ...stopped.place, workDir: await tempDir() };
    const refused = await runCardctl(migrateArgs(place, '--resume'));
    expect(refused.exitCode).toBe(3);
    expect(errorIn(refused).message).toMatch(
      /^the snapshot of run \S+ is not in \S+: its load cannot go on$/,
    );
    await expectResumes(stopped);
  });

  test('of a run that was finished is refused: there is nothing to resume', async () => {
    const place = { sourcePath: move.sourcePath, targetUrl: move.url, workDir: await tempDir() };
    const refused = await runCardctl(migrateArgs(place, '--resume'));
    expect(refused.exitCode).toBe(3);
    expect(errorIn(refused).message).toBe('there is nothing to resume: the load was finished');
    expect(await pictureOf(move.url)).toEqual(move.undisturbed);
  });

  test('with tables in the target that are no run of ours is refused', async () => {
    const { url } = await createDatabase();
    await onTarget(url, 'CREATE TABLE theirs (a int); INSERT INTO theirs VALUES (1)');
    const place = { sourcePath: move.sourcePath, targetUrl: url, workDir: await tempDir() };
    const refused = await runCardctl(migrateArgs(place, '--resume'));
    expect(refused.exitCode).toBe(3);
    expect(errorIn(refused).message).toBe('the target holds table public.theirs');
    expect(errorIn(refused).hint).not.toContain('--resume');
    expect((await pictureOf(url)).rows).toMatchObject({ theirs: { count: '1' } });
  });

  test('where no run was begun begins one', async () => {
    const { url } = await createDatabase();
    const place = { sourcePath: move.sourcePath, targetUrl: url, workDir: await tempDir() };
    const { exitCode, stdout } = await runCardctl(migrateArgs(place, '--resume'));
    expect(exitCode, lastLine(stdout)).toBe(0);
    expect(await pictureOf(url)).toEqual(move.undisturbed);
  });
});

test('a migrate without --resume over a run that stopped is refused, and that run still resumes', async () => {
  const stopped = await stoppedMigrate();
  const refused = await runCardctl(migrateArgs(stopped.place));
  expect(refused.exitCode).toBe(3);
  expect(errorIn(refused).message).toMatch(/^the target holds table cardctl\.copied_chunk, /);
  expect(errorIn(refused).hint).toContain('cardctl migrate --resume');
  await expectResumes(stopped);
});

test('of two migrates at once on one target the second is refused and the first unharmed', async () => {
  const { url } = await createDatabase();
  const place = async () => ({
    sourcePath: move.sourcePath,
    targetUrl: url,
    workDir: await tempDir(),
  });
  const first = startCardctl(migrateArgs(await place()));
  await first.waitFor(COPYING);
  const seconds = await Promise.all([
    runCardctl(migrateArgs(await place())),
    runCardctl(migrateArgs(await place(), '--resume')),
    runCardctl(migrateArgs(await place(), '--clean', '--yes')),
  ]);
  for (const second of seconds) {
    expect(second.exitCode).toBe(3);
    expect(errorIn(second).message).toMatch(/^another migrate is at work on /);
  }
  expect((await first.finished).exitCode).toBe(0);
  expect(await pictureOf(url)).toEqual(move.undisturbed);
});

describe('a target that holds something', () => {
  const THEIRS = `CREATE TABLE players (a int); INSERT INTO players VALUES (1);
                  CREATE VIEW best AS SELECT a FROM players; CREATE SEQUENCE numbers`;

  async function theirs(): Promise<Place> {
    const { url } = await createDatabase();
    await onTarget(url, THEIRS);
    return { sourcePath: move.sourcePath, targetUrl: url, workDir: await tempDir() };
  }

  test('is refused, with the names of what it holds', async () => {
    const place = await theirs();
    const before = await pictureOf(place.targetUrl);
    const refused = await runCardctl(migrateArgs(place));
    expect(refused.exitCode).toBe(3);
    expect(errorIn(refused)).toMatchObject({
      message: 'the target holds sequence public.numbers, table public.players, view public.best',
      hint: expect.stringMatching(/cardctl migrate --clean/),
    });
    expect(await pictureOf(place.targetUrl)).toEqual(before);
    expect(readdirSync(place.workDir).filter((name) => name === 'snapshots')).toEqual([]);
  });

  test('--clean names what it would drop, and refuses where nobody can be asked', async () => {
    const place = await theirs();
    const before = await pictureOf(place.targetUrl);
    const refused = await runCardctl(migrateArgs(place, '--clean'));
    expect(refused.exitCode).toBe(3);
    expect(errorIn(refused)).toMatchObject({
      message:
        'this needs a yes, and there is nobody to ask: Drop sequence public.numbers, table public.players, view public.best from the target? What is in them will be gone.',
      hint: expect.stringMatching(/--yes$/),
    });
    expect(await pictureOf(place.targetUrl)).toEqual(before);
  });

  test('--clean --yes drops it and loads', async () => {
    const place = await theirs();
    const { exitCode, stdout } = await runCardctl(migrateArgs(place, '--clean', '--yes'));
    expect(exitCode, lastLine(stdout)).toBe(0);
    expect(await pictureOf(place.targetUrl)).toEqual(move.undisturbed);
  });
});

describe('Ctrl-C', () => {
  test('while rows are copied exits with 7, and the run resumes', async () => {
    const { url } = await createDatabase();
    const place = { sourcePath: move.sourcePath, targetUrl: url, workDir: await tempDir() };
    const running = startCardctl(migrateArgs(place));
    await running.waitFor(COPYING);
    const interrupted = await running.kill('SIGINT');
    expect(interrupted.exitCode).toBe(7);
    expect(errorIn(interrupted)).toMatchObject({
      code: 'partway',
      message: expect.stringMatching(/^the run was interrupted/),
      hint: expect.stringMatching(/cardctl migrate --resume( --\S+ \S+)*$/),
    });
    // Interrupted again as soon as it has begun to resume: the target is still half made.
    const again = startCardctl(migrateArgs(place, '--resume'));
    await again.waitFor(/"step":"census/);
    expect((await again.kill('SIGINT')).exitCode).toBe(7);
    const resumed = await runCardctl(migrateArgs(place, '--resume'));
    expect(resumed.exitCode, lastLine(resumed.stdout)).toBe(0);
    expect(await pictureOf(url)).toEqual(move.undisturbed);
  });

  test('before the target was changed exits with 130, and leaves nothing', async () => {
    const { url } = await createDatabase();
    const place = { sourcePath: move.sourcePath, targetUrl: url, workDir: await tempDir() };
    const running = startCardctl(migrateArgs(place));
    await running.waitFor(/"step":"census/);
    const interrupted = await running.kill('SIGINT');
    expect(interrupted.exitCode).toBe(130);
    expect((await pictureOf(url)).columns).toEqual([]);
    expect(existsSync(join(place.workDir, 'snapshots'))).toBe(true);
    expect(readdirSync(join(place.workDir, 'snapshots'))).toEqual([]);
    expect(sha256Of(move.sourcePath)).toBe(move.sourceSha256);
  });
});

async function onTarget(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
