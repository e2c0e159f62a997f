import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openJournal } from '../../../src/journal/journal.js';
import { holdLock, lockHolders } from '../../../src/journal/lock.js';
import { readRuns, stoppedRun } from '../../../src/journal/runs.js';
import { CardctlError } from '../../../src/lib/errors.js';
import { tempDir } from '../../support/temp-dir.js';
import { FakeClock } from './helpers.js';

describe('journal', () => {
  test('a run is read back as it went', async () => {
    const workDir = join(await tempDir(), 'work');
    const clock = new FakeClock();
    const journal = openJournal(workDir, clock);
    const run = journal.startRun('migrate', { source: '/a.db' });
    run.stepStarted('snapshot');
    clock.ms = 1_000;
    run.stepDone('snapshot', '97 pages', { pages: 97 });
    run.stepStarted('load');
    run.stepFailed('load', new CardctlError('target', 'gone'));
    run.failed(new CardctlError('partway', 'half'));
    journal.startRun('verify', {}).done({ equal: true });
    journal.close();
    const at = (ms: number) => new Date(Date.UTC(2025, 0, 1) + ms).toISOString();
    expect(readRuns(workDir)).toEqual({
      tornLines: 0,
      runs: [
        {
          id: run.id,
          command: 'migrate',
          state: 'failed',
          startedAt: at(0),
          endedAt: at(1_000),
          facts: { source: '/a.db' },
          steps: [
            {
              name: 'snapshot',
              state: 'done',
              startedAt: at(0),
              endedAt: at(1_000),
              outcome: '97 pages',
              facts: { pages: 97 },
            },
            {
              name: 'load',
              state: 'failed',
              startedAt: at(1_000),
              endedAt: at(1_000),
              outcome: 'gone',
              facts: null,
            },
          ],
          result: null,
          error: { code: 'partway', message: 'half' },
        },
        expect.objectContaining({ command: 'verify', state: 'done', result: { equal: true } }),
      ],
    });
  });

  test('a run that stopped part-way counts as stopped until one of the command is done', async () => {
    const workDir = await tempDir();
    const journal = openJournal(workDir, new FakeClock());
    const stopped = () => stoppedRun(readRuns(workDir).runs, 'migrate')?.id;
    const first = journal.startRun('migrate', {});
    first.failed(new CardctlError('partway', 'half'));
    journal.startRun('migrate', {}).failed(new CardctlError('refused', 'not empty'));
    expect(stopped()).toBe(first.id);
    const again = journal.startRun('migrate', {});
    expect(stopped()).toBe(again.id);
    again.done({ rows: 1 });
    journal.close();
    expect(stopped()).toBeUndefined();
  });

  test('nobody else can read it', async () => {
    const workDir = join(await tempDir(), 'work');
    openJournal(workDir, new FakeClock()).close();
    expect(statSync(workDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(workDir, 'journal.ndjson')).mode & 0o777).toBe(0o600);
  });

  test('a line torn by kill -9 is counted, and does not swallow the next run', async () => {
    const workDir = await tempDir();
    const path = join(workDir, 'journal.ndjson');
    const first = openJournal(workDir, new FakeClock());
    first.startRun('backup', {});
    first.close();
    appendFileSync(path, '{"version":1,"at":"2025-01-01T00:00:00Z","run":"x","ev');
    expect(readRuns(workDir)).toMatchObject({
      tornLines: 1,
      runs: [{ command: 'backup', state: 'unfinished' }],
    });
    const second = openJournal(workDir, new FakeClock());
    second.startRun('migrate', {}).done({});
    second.close();
    const { runs, tornLines } = readRuns(workDir);
    expect(tornLines).toBe(1);
    expect(runs.map(({ command, state }) => [command, state])).toEqual([
      ['backup', 'unfinished'],
      ['migrate', 'done'],
    ]);
  });

  test('every cut of the last line is survived', async () => {
    const workDir = await tempDir();
    const path = join(workDir, 'journal.ndjson');
    const journal = openJournal(workDir, new FakeClock());
    journal.startRun('backup', { source: 'پایگاه' }).done({ a: 'پ' });
    journal.close();
    const whole = readFileSync(path);
    const firstEnd = whole.indexOf('\n') + 1;
    for (let end = firstEnd; end < whole.length - 1; end += 1) {
      writeFileSync(path, whole.subarray(0, end));
      const { runs, tornLines } = readRuns(workDir);
      expect([runs[0]?.state, tornLines]).toEqual(['unfinished', end === firstEnd ? 0 : 1]);
    }
  });

  test('what is written passes the redactor', async () => {
    const workDir = await tempDir();
    const redact = <T>(value: T) =>
      JSON.parse(JSON.stringify(value).replaceAll('hunter2', '***')) as T;
    const journal = openJournal(workDir, new FakeClock(), redact);
    journal.startRun('migrate', {}).failed(new Error('no hunter2'));
    journal.close();
    expect(readFileSync(join(workDir, 'journal.ndjson'), 'utf8')).not.toContain('hunter2');
  });

  test('no journal is an empty one', async () => {
    expect(readRuns(join(await tempDir(), 'none'))).toEqual({ runs: [], tornLines: 0 });
  });
});

describe('lock', () => {
  test('a live process keeps others out, by name, and lets them in when it has ended', async () => {
    const workDir = await tempDir();
    const other = spawn('sleep', ['60']);
    await once(other, 'spawn');
    const stat = readFileSync(`/proc/${other.pid}/stat`, 'utf8');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const release = await holdLock(workDir, 'backup');
    const own = readdirSync(workDir)[0] ?? '';
    release();
    const name = own.replace(/-\d+-\d+$/, `-${other.pid}-${started}`);
    writeFileSync(join(workDir, name), '{"command":"migrate"}');
    await expect(holdLock(workDir, 'backup')).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining(`another cardctl migrate is at work`),
    });
    expect(readdirSync(workDir)).toEqual([name]);
    other.kill('SIGKILL');
    await once(other, 'exit');
    (await holdLock(workDir, 'backup'))();
    expect(readdirSync(workDir)).toEqual([]);
  });

  test('a pid that is used again by another process does not hold it', async () => {
    const workDir = await tempDir();
    const release = await holdLock(workDir, 'backup');
    const own = readdirSync(workDir)[0] ?? '';
    release();
    writeFileSync(join(workDir, own.replace(/\d+$/, '1')), '');
    expect(lockHolders(workDir)).toEqual([]);
  });

  test("another machine's lock is not taken over, and the file to remove is named", async () => {
    const workDir = await tempDir();
    const foreign = join(workDir, 'lock-00000000-1-1');
    writeFileSync(foreign, '');
    await expect(holdLock(workDir, 'backup')).rejects.toMatchObject({
      hint: expect.stringContaining(foreign),
    });
  });
});
