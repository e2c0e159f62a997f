import { describe, expect, test } from 'vitest';
import type { Config } from '../../../src/cli/config/index.js';
import { nextCommand } from '../../../src/cli/next-command.js';
import type { Run } from '../../../src/journal/runs.js';

describe('what comes next', () => {
  test.each<[string, Partial<Run>[], string | null]>([
    ['nothing was done', [], 'cardctl assess'],
    ['a backup is made', [{ command: 'backup' }], 'cardctl migrate'],
    ['a backup failed', [{ command: 'backup', ...failed('source') }], 'cardctl backup'],
    [
      'a restore does not count',
      [{ command: 'backup' }, { command: 'restore' }],
      'cardctl migrate',
    ],
    ['a migrate is done', [{ command: 'migrate' }], 'cardctl verify'],
    [
      'a migrate was killed',
      [{ command: 'migrate', state: 'unfinished' }],
      'cardctl migrate --resume',
    ],
    [
      'a migrate stopped part-way',
      [{ command: 'migrate', ...failed('partway') }],
      'cardctl migrate --resume',
    ],
    [
      'a second migrate was refused',
      [
        { command: 'migrate', ...failed('partway') },
        { command: 'migrate', ...failed('refused') },
      ],
      'cardctl migrate --resume',
    ],
    [
      'a migrate changed nothing',
      [{ command: 'migrate', ...failed('refused') }],
      'cardctl migrate',
    ],
    ['a verify found it equal', [{ command: 'verify', result: { equal: true } }], 'cardctl backup'],
    [
      'a verify found differences',
      [{ command: 'verify', result: { equal: false } }],
      'cardctl migrate --clean',
    ],
  ])('when %s', (_what, runs, command) => {
    expect(next({ runs: runs.map(run) })).toMatchObject({ command });
  });

  test('the source that a flag named is named again, quoted for the shell', () => {
    const runs = [run({ command: 'backup', facts: { source: '/my game.db' } })];
    expect(next({ runs }).command).toBe("cardctl migrate --source '/my game.db'");
  });

  test('the options that find the same configuration are kept', () => {
    const options = { input: true, config: 'c.json', workDir: 'w' };
    expect(next({ options }).command).toBe('cardctl assess --config c.json --work-dir w');
  });

  test('nothing, while a command is at work', () => {
    expect(next({ isBusy: true }).command).toBeNull();
  });
});

function next(situation: Partial<Parameters<typeof nextCommand>[0]>) {
  const config = { source: null } as Config;
  return nextCommand({ runs: [], isBusy: false, config, options: { input: true }, ...situation });
}

function failed(code: string): Partial<Run> {
  return { state: 'failed', error: { code, message: 'x' } };
}

function run(facts: Partial<Run>): Run {
  return {
    id: 'a',
    command: 'backup',
    state: 'done',
    startedAt: '2025-01-01T00:00:00Z',
    endedAt: null,
    facts: {},
    steps: [],
    result: null,
    error: null,
    ...facts,
  };
}
