import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatSeconds,
  formatTimeLeft,
} from '../../../src/cli/render/format.js';
import { createRenderer } from '../../../src/cli/render/index.js';
import { plainRenderer } from '../../../src/cli/render/plain.js';
import { formatTable } from '../../../src/cli/render/table.js';
import type { ProgressEvent } from '../../../src/lib/report.js';
import { FakeClock, recordingOutput } from './helpers.js';

describe('plain', () => {
  test('a line for each start and end, with the time', () => {
    const { lines, report } = plain();
    report({ type: 'step', step: 'copy', state: 'started' });
    report({ type: 'step', step: 'copy', state: 'done', seconds: 12.34, detail: '5 rows' });
    report({ type: 'step', step: 'verify', state: 'skipped', detail: '--no-verify' });
    report({ type: 'step', step: 'x', state: 'failed', seconds: 0.5, detail: 'first\nsecond' });
    expect(lines).toEqual([
      'copy: started',
      'copy: done in 12.3 s: 5 rows',
      'verify: skipped: --no-verify',
      'x: failed after 0.50 s: first',
    ]);
  });

  test('progress at most every two seconds, with rate, bytes and time left', () => {
    const { lines, report, clock } = plain();
    for (let second = 0; second <= 5; second += 0.5) {
      clock.ms = second * 1_000;
      report(progress({ done: second * 1_000, bytes: second * 2_000_000 }));
    }
    expect(lines).toEqual([
      'copy: players: 2,000 of 10,000 rows, 1,000 rows/s, 2.0 MB/s, 8 s left',
      'copy: players: 4,000 of 10,000 rows, 1,000 rows/s, 2.0 MB/s, 6 s left',
    ]);
  });

  test('tasks in flight are reported together; a step that ended is not', () => {
    const { lines, report, clock } = plain();
    report(progress({ done: 0 }));
    report(progress({ task: 'cards', done: 0 }));
    report(progress({ step: 'check', task: 'a', done: 1 }));
    report({ type: 'step', step: 'check', state: 'done', seconds: 1 });
    clock.ms = 2_000;
    report(progress({ task: 'cards', done: 10_000 }));
    expect(lines).toEqual([
      'check: done in 1.00 s',
      'copy: players: 0 of 10,000 rows',
      'copy: cards: 10,000 of 10,000 rows, 5,000 rows/s',
    ]);
  });

  test('the rate is smoothed: one slow second does not halve it', () => {
    const { lines, report, clock } = plain();
    for (const [ms, done] of [
      [0, 0],
      [1_000, 1_000],
      [2_000, 1_000],
    ] as const) {
      clock.ms = ms;
      report(progress({ done }));
    }
    expect(lines[0]).toMatch(/, 717 rows\/s, /);
  });
});

describe('createRenderer', () => {
  const clock = new FakeClock();
  const started = { type: 'step', step: 'copy', state: 'started' } as const;
  const warning = { type: 'note', level: 'warning', message: 'mind' } as const;

  test('off a terminal lines are plain', async () => {
    const output = recordingOutput();
    const { report } = await createRenderer({}, output, clock);
    report(started);
    expect(output).toMatchObject({ talked: ['copy: started'], printed: [] });
  });

  test('--quiet leaves the warnings', async () => {
    const output = recordingOutput();
    const { report } = await createRenderer({ quiet: true }, output, clock);
    report(started);
    report(warning);
    expect(output.talked).toEqual(['warning: mind']);
  });

  test('--json writes events as data, and with --quiet none', async () => {
    const output = recordingOutput();
    (await createRenderer({ json: true }, output, clock)).report(started);
    (await createRenderer({ json: true, quiet: true }, output, clock)).report(warning);
    expect(output.printed).toEqual([JSON.stringify(started)]);
    expect(output.talked).toEqual([]);
  });
});

describe('format', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [999_900, '1.0 MB'],
    [749_800_000, '750 MB'],
    [1.25e9, '1.3 GB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test.each([
    [0.614, '0.61 s'],
    [9.999, '10.0 s'],
    [59.99, '1 min 00 s'],
    [125, '2 min 05 s'],
    [3_599.9, '1 h 00 min'],
    [3_725, '1 h 02 min'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  test('counts have thousands separators, also beyond 2^53', () => {
    expect(formatCount(4_712_003)).toBe('4,712,003');
    expect(formatCount(9_007_199_254_740_993n)).toBe('9,007,199,254,740,993');
  });

  test('a time left that nobody knows is a question mark', () => {
    expect(formatTimeLeft(Number.POSITIVE_INFINITY)).toBe('?');
  });

  test('a table has no lines, no colour and aligned numbers', () => {
    const text = formatTable(
      ['table', 'rows'],
      [
        ['players', '1'],
        ['a', '1,000'],
      ],
      {
        rightAligned: [1],
        color: false,
      },
    );
    expect(text.split('\n')).toEqual(['table     rows', 'players      1', 'a        1,000']);
  });
});

function plain() {
  const clock = new FakeClock();
  const lines: string[] = [];
  const { report } = plainRenderer((line) => lines.push(line), clock);
  return { lines, report, clock };
}

function progress(facts: Partial<ProgressEvent>): ProgressEvent {
  return {
    type: 'progress',
    step: 'copy',
    task: 'players',
    unit: 'rows',
    done: 0,
    total: 10_000,
    ...facts,
  };
}
