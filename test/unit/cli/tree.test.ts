import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { buildProgram, helpTexts } from '../../../src/cli/tree.js';
import { isShown, usageError } from '../../../src/cli/usage-error.js';
import { fakeApp } from './helpers.js';

const GLOBAL = [
  '--config',
  '--dry-run',
  '--json',
  '--plain',
  '--quiet',
  '--no-input',
  '--yes',
  '--work-dir',
];

describe('help', () => {
  const texts = helpTexts(fakeApp());

  test.each([...texts])('of "%s" names every global option and describes itself', (name, text) => {
    expect(text).toContain(`Usage: cardctl${name === '' ? '' : ` ${name}`}`);
    for (const option of GLOBAL) expect(text).toContain(option);
    expect(text.split('\n')[2]).toMatch(/\w/);
  });
});

describe('global options', () => {
  const GIVEN = [
    '--config',
    'c.json',
    '--dry-run',
    '--json',
    '--plain',
    '--quiet',
    '--no-input',
    '--yes',
    '--work-dir',
    'w',
  ];
  const EXPECTED = {
    config: 'c.json',
    dryRun: true,
    json: true,
    plain: true,
    quiet: true,
    input: false,
    yes: true,
    workDir: 'w',
  };

  test.each([
    ['before', [...GIVEN, 'backup', '--out', 'o', '--no-check']],
    ['after', ['backup', '--out', 'o', '--no-check', ...GIVEN]],
    [
      'around',
      [
        ...GIVEN.slice(0, 4),
        'backup',
        ...GIVEN.slice(4, 6),
        '--out',
        'o',
        '--no-check',
        ...GIVEN.slice(6),
      ],
    ],
  ])('work %s the name of a command', async (_where, args) => {
    const options = await optionsOf(args, ['backup']);
    expect(options).toMatchObject({ ...EXPECTED, out: 'o', check: false });
  });

  test('work behind a command of two words', async () => {
    const options = await optionsOf(['postgres', 'status', '--json'], ['postgres', 'status']);
    expect(options).toMatchObject({ json: true });
  });

  test('input is asked for unless told otherwise', async () => {
    expect(await optionsOf(['status'], ['status'])).toMatchObject({ input: true });
  });
});

describe('usage errors', () => {
  test.each([
    [['backup', '--kep'], /unknown option '--kep'.*--keep/],
    [['bakup'], /unknown command 'bakup'.*backup/],
    [['restore', '--to', 'f'], /missing required argument 'backup'/],
    [['restore', 'b'], /required option '--to <file>' not specified/],
    [['backup', '--out'], /argument missing/],
    [['status', 'x'], /too many arguments/],
    [[], /no command is given/],
  ])('%j is one', async (args, message) => {
    const error = await buildProgram(fakeApp())
      .configureOutput({ writeErr: () => undefined })
      .parseAsync(args, { from: 'user' })
      .catch((thrown) => thrown);
    expect(isShown(error)).toBe(false);
    expect(usageError(error, 'cardctl x')).toMatchObject({
      code: 'usage',
      message: expect.stringMatching(message),
      hint: 'cardctl x --help',
    });
  });
});

/** Parses without running anything. */
async function optionsOf(args: readonly string[], path: readonly string[]): Promise<object> {
  const program = buildProgram(fakeApp());
  let command: Command = program;
  for (const name of path) {
    const found = command.commands.find((candidate) => candidate.name() === name);
    if (found === undefined) throw new Error(`no command ${name}`);
    command = found;
  }
  command.action(() => undefined);
  await program.parseAsync(args, { from: 'user' });
  return command.optsWithGlobals();
}
