import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { runCardctl } from '../../support/cardctl.js';
import { createDatabase } from '../../support/postgres.js';
import { canMount, makeReadOnly, smallDisk } from '../../support/small-disk.js';
import { tempDir } from '../../support/temp-dir.js';

describe('a source that is not the game', () => {
  it.each(['migrate', 'verify'])('a wrong path starts no Postgres for %s', async (command) => {
    const workDir = await tempDir();
    const source = join(workDir, 'gone.db');
    const { exitCode, stderr } = await runCardctl([
      command,
      ...['--source', source, '--work-dir', workDir, '--no-input'],
    ]);
    expect(exitCode, stderr).toBe(4);
    expect(stderr).toContain(`${source} does not exist`);
    expect(existsSync(join(workDir, 'postgres'))).toBe(false);
  });

  it.each([['migrate'], ['migrate', '--dry-run'], ['verify'], ['verify', '--dry-run']])(
    '%s %s of a database without tables is refused, not found equal',
    async (...command) => {
      const workDir = await tempDir();
      const source = await sourceOf('CREATE VIEW v AS SELECT 1');
      const place = ['--source', source, '--work-dir', workDir, '--no-input'];
      const { exitCode, stderr } = await runCardctl([...command, ...place]);
      expect(exitCode, stderr).toBe(3);
      expect(stderr).toContain(`${source} has no tables: there is nothing to move`);
      expect(existsSync(join(workDir, 'postgres'))).toBe(false);
    },
  );

  it('assess says that it has no tables', async () => {
    const source = await sourceOf('CREATE VIEW v AS SELECT 1');
    const cwd = await tempDir();
    const { exitCode, stdout } = await runCardctl(['assess', '--source', source], { cwd });
    expect(exitCode).toBe(3);
    expect(stdout).toContain('can move    no: there are no tables in it');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('next: cardctl assess --source FILE');
  });

  it('a table without rows moves', async () => {
    const { exitCode, stderr, stdout } = await runCardctl(await moveArgs('migrate'));
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain('verified: every value is equal');
  });
});

it.skipIf(!canMount)('a work directory on a read-only disk is called that', async () => {
  const disk = await smallDisk(1_000_000);
  makeReadOnly(disk);
  const args = [...(await moveArgs('migrate')).slice(0, -1), join(disk, 'work')];
  const { exitCode, stderr } = await runCardctl(args);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`cannot make the work directory ${disk}/work: EROFS`);
});

describe('verify', () => {
  it('by a role that may not read says what to grant', async () => {
    const { url, adminUrl, name } = await createDatabase();
    const admin = new pg.Client(adminUrl);
    await admin.connect();
    await admin.query(`CREATE TABLE players (id bigint); ALTER TABLE players OWNER TO postgres`);
    await admin.end();
    const { exitCode, stderr } = await runCardctl(await moveArgs('verify', url));
    expect(exitCode, stderr).toBe(5);
    expect(stderr).toContain(`user ${name} may not do that`);
    expect(stderr).toContain(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO "${name}"`);
  });

  it('names the sides in what it advises to run when they differ', async () => {
    const args = await moveArgs('verify');
    const { exitCode, stdout } = await runCardctl(args);
    expect(exitCode).toBe(3);
    const [source, workDir] = ['--source', '--work-dir'].map(
      (flag) => args[args.indexOf(flag) + 1],
    );
    expect(stdout).toContain(
      `next: cardctl migrate --clean --source ${source} --target URL --work-dir ${workDir}`,
    );
  });
});

async function moveArgs(command: string, target?: string): Promise<string[]> {
  const source = await sourceOf('CREATE TABLE players (id INTEGER PRIMARY KEY)');
  const url = target ?? (await createDatabase()).url;
  return [command, '--source', source, '--target', url, '--work-dir', await tempDir()];
}

async function sourceOf(sql: string): Promise<string> {
  const path = join(await tempDir(), 'game_bot.db');
  const db = new Database(path);
  db.exec(sql);
  db.close();
  return path;
}
