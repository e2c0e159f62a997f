import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Config, type ConfigInput, loadConfig } from '../../../src/cli/config/index.js';
import { moveRules } from '../../../src/cli/config/move-rules.js';
import { configTemplate } from '../../../src/cli/config/template.js';
import { CardctlError } from '../../../src/lib/errors.js';
import { tempDir } from '../../support/temp-dir.js';

interface Loaded {
  config: Config;
  secrets: string[];
}

async function load(
  file: string | object | null,
  input: Partial<ConfigInput> & { name?: string } = {},
): Promise<Loaded & { cwd: string }> {
  const cwd = await tempDir();
  const name = input.name ?? 'cardctl.json';
  const text = typeof file === 'string' ? file : JSON.stringify(file);
  if (file !== null) await writeFile(join(cwd, name), text);
  const secrets: string[] = [];
  const config = loadConfig({
    flags: {},
    env: {},
    cwd,
    onSecret: (secret) => secrets.push(secret),
    ...input,
  });
  return { config, secrets, cwd };
}

async function problemsOf(...args: Parameters<typeof load>): Promise<CardctlError> {
  const error = await load(...args).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CardctlError) return error;
  throw new Error('it was accepted', { cause: error });
}

describe('precedence', () => {
  test('without anything the defaults hold', async () => {
    const { config, cwd } = await load(null);
    expect(config).toMatchObject({
      file: null,
      source: null,
      target: null,
      workDir: join(cwd, '.cardctl'),
      backup: { out: join(cwd, '.cardctl', 'backups'), keep: null, holdMsMax: undefined },
      migrate: { onBadRow: 'fail', brokenForeignKeys: 'omit', brokenChecks: 'omit' },
      rules: [],
      skip: [],
    });
  });

  test('flags come before the environment, it before the file, it before the defaults', async () => {
    const { config, cwd } = await load(
      {
        source: 'file.db',
        workDir: 'file-work',
        backup: { keep: 3, holdMsMax: 1 },
        migrate: { jobs: 1, onBadRow: 'reject' },
      },
      {
        env: { CARDCTL_SOURCE: 'env.db', CARDCTL_JOBS: '2', CARDCTL_BACKUP_KEEP: '5' },
        flags: { source: 'flag.db', keep: '7' },
      },
    );
    expect(config.source).toBe(join(cwd, 'flag.db'));
    expect(config.backup).toMatchObject({ keep: 7, holdMsMax: 1 });
    expect(config.migrate).toMatchObject({ jobs: 2, onBadRow: 'reject' });
    expect(config.workDir).toBe(join(cwd, 'file-work'));
  });

  test('paths in the file start at the file, flags at the present directory', async () => {
    const cwd = await tempDir();
    await mkdir(join(cwd, 'etc'));
    await writeFile(join(cwd, 'etc', 'c.json'), '{"source": "a.db", "backup": {"out": "b"}}');
    const config = loadConfig({
      file: 'etc/c.json',
      flags: { out: 'o' },
      env: {},
      cwd,
      onSecret: () => undefined,
    });
    expect(config.source).toBe(join(cwd, 'etc', 'a.db'));
    expect(config.backup.out).toBe(join(cwd, 'o'));
  });

  test('an empty environment variable counts as not set', async () => {
    const { config } = await load({ migrate: { jobs: 3 } }, { env: { CARDCTL_JOBS: '' } });
    expect(config.migrate.jobs).toBe(3);
  });

  test('the result cannot be changed', async () => {
    const { config } = await load({ skip: ['a'] });
    expect(Object.isFrozen(config) && Object.isFrozen(config.skip)).toBe(true);
  });

  test('a file that is named and not there is a usage error', async () => {
    expect(await problemsOf(null, { file: 'gone.json' })).toMatchObject({ code: 'usage' });
  });
});

describe('the file', () => {
  test('may have comments, trailing commas and a byte order mark', async () => {
    const { config } = await load('\uFEFF{ // why\n "skip": ["a",], /* */ }');
    expect(config.skip).toEqual(['a']);
  });

  test('what cardctl init writes is accepted as it is', async () => {
    const { config, cwd } = await load(configTemplate('bot.db'));
    expect(config.source).toBe(join(cwd, 'bot.db'));
    expect((await load(configTemplate(undefined))).config.source).toBeNull();
  });

  test('broken JSON is reported with line and column', async () => {
    const error = await problemsOf('{\n  "source": \n}');
    expect(error.message).toMatch(/line 3, column 1: value expected/);
  });

  test('every problem is listed at once, with its path, whatever its kind', async () => {
    const error = await problemsOf(
      {
        sorce: 'a.db',
        target: { host: variable('NOWHERE'), port: 0, user: 'u', pasword: 'x' },
        backup: { kep: 1, keep: 0 },
        migrate: { onBadRow: 'skip' },
        types: { players: 'text', 'a.b': 'varchar' },
        onBadValue: { 'a.b.c': 'null', 'a.b': 'explode' },
        skip: 'x',
      },
      { env: { CARDCTL_JOBS: 'many' }, flags: { keep: '-1' } },
    );
    expect(error.code).toBe('usage');
    const problems = (
      error.details.problems as { from: string; path: string; message: string }[]
    ).map(({ from, path, message }) => `${path || from}: ${message}`);
    expect(problems).toEqual(
      expect.arrayContaining([
        'sorce: is not a known key; did you mean "source"?',
        'target.host: the environment variable NOWHERE is not set',
        'target.port: must be at least 1',
        'target.database: is missing',
        'target.pasword: is not a known key; did you mean "password"?',
        'backup.kep: is not a known key; did you mean "keep"?',
        'backup.keep: must be at least 1',
        'migrate.onBadRow: expected fail or reject',
        expect.stringMatching(/^types\.players: expected table\.column/),
        expect.stringMatching(/^types\.\[a\.b\]: expected one of: bigint/),
        expect.stringMatching(/^onBadValue\.\[a\.b\.c\]: expected table\.column/),
        expect.stringMatching(/^onBadValue\.\[a\.b\]: expected fail, reject/),
        'skip: expected a list of names',
        'CARDCTL_JOBS: expected a whole number',
        '--keep: expected a whole number',
      ]),
    );
    for (const problem of problems) expect(error.message).toContain(problem.split(': ').at(-1));
    expect(error.message.startsWith(`${problems.length} problems`)).toBe(true);
  });
});

describe('the target', () => {
  test('is a URL, whose password is a secret', async () => {
    const url = 'postgres://u:p%40ss@h:1/d';
    const { config, secrets } = await load(null, { env: { CARDCTL_TARGET: url } });
    expect(config.target).toMatchObject({ url, replicaUrl: null });
    expect(config.target?.shown).not.toContain('p%40ss');
    expect(secrets).toEqual(expect.arrayContaining(['p@ss', 'p%40ss']));
  });

  test('is the database block of the bot as it stands, inside cardctl.json', async () => {
    const { config, secrets } = await load({ database: BLOCK });
    expect(config.target?.url).toBe('postgresql://bot_user:s3%2Fcret@10.0.1.40:5432/card_game');
    expect(config.target?.replicaUrl).toBe(
      'postgresql://bot_user:s3%2Fcret@10.0.1.41:5432/card_game',
    );
    expect(secrets).toContain('s3/cret');
  });

  test('is found in the whole config.json of the bot, the rest of which is its own affair', async () => {
    const bots = { bot_token: '1:a', admins: [1], database: BLOCK };
    const { config } = await load(bots, { name: 'config.json', file: 'config.json' });
    expect(config.target?.url).toContain('@10.0.1.40:5432/card_game');
  });

  test('in cardctl.json an unknown key beside the database block is still a problem', async () => {
    const error = await problemsOf({ database: BLOCK, skpi: [] });
    expect(error.message).toContain('did you mean "skip"?');
  });

  test('takes its password from the environment or from a file', async () => {
    const env = { PW: 'from-env' };
    const byEnv = await load({ database: { ...BLOCK, password: variable('PW') } }, { env });
    expect(byEnv.config.target?.url).toContain(':from-env@');
    const cwd = await tempDir();
    await writeFile(join(cwd, 'pw'), 'from file\n');
    for (const [index, secret] of [
      { password: { file: 'pw' } },
      { passwordFile: 'pw' },
    ].entries()) {
      const { password: _, ...rest } = BLOCK;
      const name = join(cwd, `c${index}.json`);
      await writeFile(name, JSON.stringify({ database: { ...rest, ...secret } }));
      const secrets: string[] = [];
      const onSecret = (found: string) => secrets.push(found);
      const config = loadConfig({ file: name, flags: {}, env: {}, cwd, onSecret });
      expect(config.target?.url).toContain(':from%20file@');
      expect(secrets).toContain('from file');
    }
  });

  test('a secret file that is not there is a listed problem', async () => {
    const { password: _, ...rest } = BLOCK;
    const error = await problemsOf({ database: { ...rest, passwordFile: 'gone' } });
    expect(error.message).toMatch(/database\.passwordFile: cannot read the secret from .*gone/);
  });

  test('an unreadable URL is a listed problem that does not repeat it', async () => {
    const error = await problemsOf(null, { flags: { target: 'mysql://u:hunter2@h/d' } });
    expect(error.message).toContain('--target: ');
    expect(error.message).not.toContain('hunter2');
  });
});

describe('rules', () => {
  test('types and bad values of a column come together, quoted names included', async () => {
    const { config } = await load({
      types: { 'players.last_claim': 'timestamp', '"my table"."a.b"': 'text' },
      onBadValue: { 'players.last_claim': { '': null, yes: '1' }, '"say ""hi"""."c"': 'null' },
      skip: ['idx_a'],
      migrate: { onBadRow: 'reject' },
    });
    expect(moveRules(config)).toEqual({
      columns: new Map([
        ['players.last_claim', { type: 'timestamp', onBadValue: { '': null, yes: '1' } }],
        ['my table.a.b', { type: 'text' }],
        ['say "hi".c', { onBadValue: 'null' }],
      ]),
      skip: new Set(['idx_a']),
      onBadRow: 'reject',
    });
  });

  test('a dollar sign can be written', async () => {
    const { config } = await load({ skip: [`$${variable('a')}`] });
    expect(config.skip).toEqual([variable('a')]);
  });
});

function variable(name: string): string {
  return `\${${name}}`;
}

const BLOCK = {
  type: 'postgresql',
  host: '10.0.1.40',
  port: 5432,
  database: 'card_game',
  user: 'bot_user',
  password: 's3/cret',
  read_replica: '10.0.1.41',
};
