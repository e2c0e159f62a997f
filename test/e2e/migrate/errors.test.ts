import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import pg from 'pg';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contentsOf, gameFile, sha256Of } from '../../support/backup-run.js';
import { runCardctl } from '../../support/cardctl.js';
import { atEnd } from '../../support/cleanup.js';
import { serverUser } from '../../support/os-user.js';
import { createDatabase, type TestDatabase } from '../../support/postgres.js';
import type { ProcessResult } from '../../support/process.js';
import { canMount, smallDisk } from '../../support/small-disk.js';
import { tempDir } from '../../support/temp-dir.js';

const GAME = fileURLToPath(new URL('../../../fixtures/game/small.db', import.meta.url));

let database: TestDatabase;
/** Empty, and where each command runs; its work directory is `.cardctl` in it. */
let cwd: string;

beforeAll(async () => {
  database = await createDatabase();
});

beforeEach(async () => {
  cwd = await tempDir();
});

interface Failure {
  exitCode: number;
  code: string;
  message: RegExp;
  /** The last line of stderr, behind `next: `. */
  next: RegExp;
}

/** Runs a command for people and for scripts, and expects the same failure of both. */
async function expectFailure(args: string[], failure: Failure): Promise<ProcessResult[]> {
  const told = await runCardctl([...args, '--no-input'], { cwd });
  const lines = told.stderr.trimEnd().split('\n');
  expect(told.exitCode, told.stderr).toBe(failure.exitCode);
  expect(told.stderr).toMatch(failure.message);
  expect(lines.at(-1)).toMatch(/^next: /);
  expect(lines.at(-1)).toMatch(failure.next);
  const json = await runCardctl([...args, '--no-input', '--json'], { cwd });
  expect(json.exitCode).toBe(failure.exitCode);
  expect(json.stderr).toBe('');
  expect(JSON.parse(json.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
    version: 1,
    type: 'result',
    ok: false,
    command: args[0],
    error: {
      code: failure.code,
      message: expect.stringMatching(failure.message),
      hint: expect.stringMatching(failure.next),
    },
  });
  return [told, json];
}

function migrate(source: string, target = database.url, ...more: string[]): string[] {
  return ['migrate', '--source', source, '--target', target, ...more];
}

async function expectTargetUntouched({ adminUrl } = database): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  const { rows } = await client.query(
    `SELECT nspname, relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
     WHERE nspname IN ('public', 'cardctl')`,
  );
  await client.end();
  expect(rows).toEqual([]);
}

describe('a source that cannot be moved is told in words, and stays as it is', () => {
  const BAD_SOURCES: [what: string, make: (path: string) => void, message: RegExp, next: RegExp][] =
    [
      ['missing', () => undefined, /game\.db does not exist/, /--source/],
      ['empty', (path) => writeFileSync(path, ''), /game\.db is empty \(0 bytes\)/, /path/],
      [
        'text',
        (path) => writeFileSync(path, 'PRAGMA foreign_keys=OFF;\n'.repeat(300)),
        /game\.db is not a SQLite database: it is text/,
        /sqlite3/,
      ],
      [
        'encrypted',
        (path) => writeFileSync(path, randomBytes(40_960)),
        /game\.db is not a SQLite database: it is encrypted/,
        /sqlcipher_export/,
      ],
      [
        'truncated',
        (path) => writeFileSync(path, readFileSync(GAME).subarray(0, 20 * 4096)),
        /game\.db is truncated: its header says 97 pages/,
        /fetch it again/,
      ],
      [
        'corrupt in a leaf page of a table',
        (path) => corruptLeaf(path),
        /is corrupt/,
        /integrity_check.* cardctl restore$/,
      ],
    ];

  test.each(BAD_SOURCES)('%s', async (_what, make, message, next) => {
    const directory = await tempDir();
    const source = join(directory, 'game.db');
    make(source);
    const before = contentsOf(directory);
    await expectFailure(migrate(source), { exitCode: 4, code: 'source', message, next });
    expect(contentsOf(directory)).toEqual(before);
    expect(snapshotsLeft()).toEqual([]);
    await expectTargetUntouched();
  });
});

/** Cell pointers of a leaf page of `player_cards` that point nowhere. */
function corruptLeaf(path: string): void {
  copyFileSync(GAME, path);
  const db = new Database(path);
  const page = db
    .prepare<[], number>(
      `SELECT max(pageno) FROM dbstat WHERE name = 'player_cards' AND pagetype = 'leaf'`,
    )
    .pluck();
  const number = page.get() ?? 0;
  db.close();
  const bytes = readFileSync(path);
  bytes.fill(0xff, (number - 1) * 4096 + 8, (number - 1) * 4096 + 40);
  writeFileSync(path, bytes);
}

function snapshotsLeft(): string[] {
  const directory = join(cwd, '.cardctl', 'snapshots');
  return existsSync(directory) ? readdirSync(directory) : [];
}

describe('a target that cannot be loaded is told in words, without its password', () => {
  let source: string;
  let sha256: string;

  beforeEach(async () => {
    source = join(await tempDir(), 'game.db');
    copyFileSync(GAME, source);
    sha256 = sha256Of(source);
  });

  async function expectTargetFailure(
    target: string,
    secret: string,
    failure: Pick<Failure, 'message' | 'next'>,
  ): Promise<void> {
    const results = await expectFailure(migrate(source, target), {
      exitCode: 5,
      code: 'target',
      ...failure,
    });
    for (const { stdout, stderr } of results) expect(stdout + stderr).not.toContain(secret);
    expect(readFileSync(join(cwd, '.cardctl', 'journal.ndjson'), 'utf8')).not.toContain(secret);
    expect(sha256Of(source)).toBe(sha256);
    expect(snapshotsLeft()).toEqual([]);
  }

  test('nothing listens there', async () => {
    await expectTargetFailure('postgres://bot:hunter2secret@127.0.0.1:9/game', 'hunter2secret', {
      message: /nothing answers at 127\.0\.0\.1:9\/game: connection refused/,
      next: /Start the Postgres server/,
    });
  });

  test('the password is wrong', async () => {
    const url = new URL(database.url);
    url.password = 'hunter2wrong';
    await expectTargetFailure(url.href, 'hunter2wrong', {
      message: /does not accept the password of user test_/,
      next: /Correct user and password/,
    });
    await expectTargetUntouched();
  });

  test('the database is not there', async () => {
    const url = new URL(database.url);
    url.pathname = '/no_such_game';
    await expectTargetFailure(url.href, database.password, {
      message: /there is no database of that name at .*\/no_such_game/,
      next: /createdb .* no_such_game$/,
    });
  });

  test('the user may not make tables', async () => {
    const other = await createDatabase();
    const url = new URL(other.url);
    url.pathname = new URL(database.url).pathname;
    await expectTargetFailure(url.href, other.password, {
      message: /user test_\w+ may not do that at .*: permission denied for schema public/,
      next: /GRANT USAGE, CREATE ON SCHEMA public/,
    });
    await expectTargetUntouched();
  });
});

describe('a configuration', () => {
  test('with several mistakes names all of them at once', async () => {
    const config = join(cwd, 'cardctl.json');
    writeFileSync(
      config,
      '{"sorce": "x.db", "migrate": {"jobs": 0, "onBadRow": "ignore"}, "types": {"players.hearts": "int"}}',
    );
    const [told] = await expectFailure(migrate(GAME), {
      exitCode: 2,
      code: 'usage',
      message: /sorce/,
      next: /./,
    });
    for (const problem of [/jobs/, /onBadRow.*expected fail or reject/, /players\.hearts/]) {
      expect(told?.stderr).toMatch(problem);
    }
    await expectTargetUntouched();
  });

  test('with a rule for a column that the source does not have is refused by that name', async () => {
    writeFileSync(join(cwd, 'cardctl.json'), '{"types": {"players.heartz": "bigint"}}');
    await expectFailure(migrate(GAME), {
      exitCode: 3,
      code: 'refused',
      message: /the config has a rule for players\.heartz, and the source has no such column/,
      next: /cardctl\.json/,
    });
    await expectTargetUntouched();
    expect(snapshotsLeft()).toEqual([]);
  });
});

test.runIf(canMount)(
  'a full disk of the server stops the run part-way, and with more space it resumes (needs root, to mount one)',
  async () => {
    const { url, adminUrl, name } = await createDatabase();
    const disk = await smallDisk(6e6);
    const user = serverUser();
    if (user !== undefined) chownSync(disk, user.uid, user.gid);
    for (let at = disk; at !== tmpdir(); at = dirname(at)) chmodSync(at, 0o711);
    await onServer(adminUrl, `CREATE TABLESPACE ${name} LOCATION '${disk}'`);
    atEnd(() => onServer(adminUrl, `DROP TABLESPACE ${name}`));
    await onServer(adminUrl, `GRANT CREATE ON TABLESPACE ${name} TO ${name}`);
    await onServer(adminUrl, `ALTER DATABASE ${name} SET default_tablespace = ${name}`);
    const source = await gameFile(3_000);
    const sha256 = sha256Of(source);
    const full = await runCardctl(migrate(source, url), { cwd });
    expect(full.exitCode, full.stderr).toBe(7);
    expect(full.stderr).toMatch(/the disk of .* is full: could not extend file/);
    expect(full.stderr.trimEnd().split('\n').at(-1)).toMatch(/^next: .*cardctl migrate --resume/);
    execFileSync('mount', ['-o', 'remount,size=200000000', disk]);
    const resumed = await runCardctl([...migrate(source, url), '--resume'], { cwd });
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(resumed.stdout).toContain('verified: every value is equal');
    expect(sha256Of(source)).toBe(sha256);
    await onServer(adminUrl, `DROP SCHEMA public CASCADE; DROP SCHEMA cardctl CASCADE`);
    await onServer(adminUrl, `ALTER DATABASE ${name} RESET default_tablespace`);
  },
);

async function onServer(adminUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query(sql);
  await client.end();
}

test('rows that do not fit are refused by table, column and keys, with the choices', async () => {
  const source = join(await tempDir(), 'game.db');
  copyFileSync(GAME, source);
  breakHearts(source);
  const sha256 = sha256Of(source);
  const [told] = await expectFailure(migrate(source), {
    exitCode: 3,
    code: 'refused',
    message: /players\.hearts: 1 × /,
    next: /--on-bad-row reject/,
  });
  expect(told?.stderr).toMatch(/rows: user_id=7770001/);
  expect(told?.stderr).toMatch(/choice: /);
  expect(sha256Of(source)).toBe(sha256);
  expect(snapshotsLeft()).toEqual([]);
  await expectTargetUntouched();
});

describe('--dry-run needs no server and leaves nothing behind', () => {
  test.each([['assess'], ['backup'], ['migrate'], ['verify']])('%s', async (command) => {
    const sha256 = sha256Of(GAME);
    const beside = readdirSync(join(GAME, '..'));
    const args = [command, '--dry-run', '--source', GAME];
    const told = await runCardctl(args, { cwd });
    expect(told.exitCode, told.stderr).toBe(0);
    expect(told.stdout).not.toBe('');
    const json = await runCardctl([...args, '--json'], { cwd });
    expect(json.exitCode).toBe(0);
    expect(JSON.parse(json.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'result',
      ok: true,
      command,
    });
    expect(readdirSync(cwd)).toEqual([]);
    expect(sha256Of(GAME)).toBe(sha256);
    expect(readdirSync(join(GAME, '..'))).toEqual(beside);
  });

  test('migrate refuses what the real one would refuse', async () => {
    const source = join(await tempDir(), 'game.db');
    copyFileSync(GAME, source);
    breakHearts(source);
    const { exitCode, stderr } = await runCardctl(['migrate', '--dry-run', '--source', source], {
      cwd,
    });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/players\.hearts: 1 × /);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

/** A player whose hearts are a word. */
function breakHearts(source: string): void {
  const db = new Database(source);
  db.exec(
    `INSERT INTO players (user_id, hearts, created_at) VALUES (7770001, 'many', '2024-01-01')`,
  );
  db.close();
}
