import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { runCardctl, startCardctl } from '../../support/cardctl.js';
import { tempDir } from '../../support/temp-dir.js';

const GAME = fileURLToPath(new URL('../../../fixtures/game/small.db', import.meta.url));

let cwd: string;

beforeEach(async () => {
  cwd = await tempDir();
});

describe('help', () => {
  test('--help goes to stdout and ends with 0', async () => {
    const { exitCode, stdout, stderr } = await runCardctl(['--help'], { cwd });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('Usage: cardctl');
  });

  test('--version prints the version of the package', async () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    expect((await runCardctl(['--version'], { cwd })).stdout).toBe(`${version}\n`);
  });

  test('an unknown command is a usage error on stderr', async () => {
    const { exitCode, stdout, stderr } = await runCardctl(['bakup'], { cwd });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toBe(
      "cardctl: unknown command 'bakup' (Did you mean backup?)\nnext: cardctl --help\n",
    );
  });

  test('an error under --json is one object on stdout', async () => {
    const { exitCode, stdout, stderr } = await runCardctl(['--json', 'backup', '--kep'], { cwd });
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      type: 'result',
      ok: false,
      command: 'backup',
      error: {
        code: 'usage',
        message: "unknown option '--kep' (Did you mean --keep?)",
        hint: 'cardctl backup --help',
        details: {},
      },
    });
  });
});

describe('init', () => {
  test('writes a private file that the next command accepts', async () => {
    const { exitCode, stdout } = await runCardctl(['init', '--source', 'g.db'], { cwd });
    const path = join(cwd, 'cardctl.json');
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `wrote ${path}\nnext: cardctl assess\n`,
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await runCardctl(['status'], { cwd })).exitCode).toBe(0);
  });

  test('does not overwrite, except with --force', async () => {
    const path = join(cwd, 'cardctl.json');
    writeFileSync(path, '{}');
    const refused = await runCardctl(['init'], { cwd });
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr.trim().split('\n').at(-1)).toContain('cardctl init --force');
    expect(readFileSync(path, 'utf8')).toBe('{}');
    expect((await runCardctl(['init', '--force'], { cwd })).exitCode).toBe(0);
    expect(readFileSync(path, 'utf8')).toContain('"onBadRow"');
  });

  test('--dry-run prints it and writes nothing', async () => {
    const { stdout } = await runCardctl(['init', '--dry-run'], { cwd });
    expect(stdout).toContain('"onBadRow"');
    expect((await runCardctl(['init'], { cwd })).exitCode).toBe(0);
  });
});

describe('backup, restore and status', () => {
  test('a backup is made, restored and told of', async () => {
    await copyFile(GAME, join(cwd, 'g.db'));
    const made = await runCardctl(['backup', '--source', 'g.db', '--json', '--quiet'], { cwd });
    expect({ exitCode: made.exitCode, stderr: made.stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { result } = JSON.parse(made.stdout) as { result: { directory: string } };
    const back = await runCardctl(['restore', result.directory, '--to', 'r.db'], { cwd });
    expect(back.exitCode).toBe(0);
    expect(readFileSync(join(cwd, 'r.db')).equals(readFileSync(GAME))).toBe(true);

    const again = await runCardctl(['restore', result.directory, '--to', 'r.db', '--force'], {
      cwd,
    });
    expect(again.exitCode).toBe(3);
    expect(again.stderr).toMatch(/nobody to ask[^\n]*\nnext: .*--yes\n$/);

    const status = await runCardctl(['status', '--json'], { cwd });
    expect(JSON.parse(status.stdout)).toMatchObject({
      version: 1,
      ok: true,
      result: {
        runs: [
          { command: 'backup', state: 'done', result: { directory: result.directory } },
          { command: 'restore', state: 'done' },
        ],
        next: { command: `cardctl migrate --source ${join(cwd, 'g.db')}` },
      },
    });
  });

  test('every line under --json is versioned, and the last is the result', async () => {
    const { stdout } = await runCardctl(['backup', '--source', GAME, '--json'], { cwd });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { version: number; type: string });
    expect(new Set(lines.map(({ version }) => version))).toEqual(new Set([1]));
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.findIndex(({ type }) => type === 'result')).toBe(lines.length - 1);
  });

  test('off a terminal there is no escape sequence', async () => {
    const { stdout, stderr } = await runCardctl(['backup', '--source', GAME], { cwd });
    expect(stderr).toMatch(/^snapshot: started\n/);
    expect(`${stdout}${stderr}`).not.toContain('\u001b');
  });

  test('--quiet leaves the result', async () => {
    const { stdout, stderr } = await runCardctl(['backup', '--source', GAME, '--quiet'], { cwd });
    expect(stdout).toContain('restore with: cardctl restore');
    expect(stderr).not.toContain('started');
  });

  test('a missing source is exit 4, and the journal knows', async () => {
    const failed = await runCardctl(['backup', '--source', 'gone.db'], { cwd });
    expect(failed.exitCode).toBe(4);
    expect(failed.stderr).toMatch(/gone\.db does not exist\nnext: [^\n]+\n$/);
    expect((await runCardctl(['status'], { cwd })).stdout).toMatch(/backup +failed/);
  });

  test('a run that was killed is told of as killed, its torn line as torn', async () => {
    await runCardctl(['backup', '--source', GAME], { cwd });
    const path = join(cwd, '.cardctl', 'journal.ndjson');
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -20));
    const { stdout, stderr } = await runCardctl(['status'], { cwd });
    expect(stderr).toContain('warning: 1 line of the journal is torn');
    expect(stdout).toMatch(/backup +killed/);
  });
});

describe('secrets', () => {
  test('a password is in no output, whatever goes wrong', async () => {
    writeFileSync(
      join(cwd, 'cardctl.json'),
      JSON.stringify({ source: 'hunter2-hunter2.db', target: 'postgres://u:hunter2@h/d' }),
    );
    for (const args of [['backup'], ['backup', '--json'], ['backup', '--debug']]) {
      const { exitCode, stdout, stderr } = await runCardctl(args, { cwd });
      expect(exitCode).toBe(4);
      expect(`${stdout}${stderr}`).toContain('***-***.db');
      expect(`${stdout}${stderr}`).not.toContain('hunter2');
    }
    const journal = readFileSync(join(cwd, '.cardctl', 'journal.ndjson'), 'utf8');
    expect(journal).not.toContain('hunter2');
  });
});

describe('readers and signals', () => {
  test('a reader that goes away is nothing to talk about', async () => {
    const running = startCardctl(['backup', '--source', GAME, '--json'], { cwd });
    running.child.stdout?.destroy();
    const { exitCode, stderr } = await running.finished;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  test('SIGINT ends a command with 130, and leaves no backup that looks whole', async () => {
    const running = startCardctl(['backup', '--source', GAME, '--plain'], { cwd });
    await running.waitFor(/snapshot: started/);
    const { exitCode, stderr } = await running.kill('SIGINT');
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/\nnext: [^\n]+\n$/);
    const status = await runCardctl(['status', '--json'], { cwd });
    expect(JSON.parse(status.stdout)).toMatchObject({
      result: { runs: [{ command: 'backup', state: 'failed', error: { code: 'interrupted' } }] },
    });
  });
});
