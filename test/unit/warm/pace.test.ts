import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { paceOf } from '../../../src/steps/warm/pace.js';

const STILL = 'still waiting';

it('what comes after the first waits until the rate lets it, and no longer when aborted', async () => {
  const abort = new AbortController();
  const pace = paceOf(1, { now: () => new Date(0), monotonicMs: () => 0 }, abort.signal);
  await pace.take(60);
  const second = pace.take(1);
  second.catch(() => undefined);
  expect(await Promise.race([second, sleep(20, STILL)])).toBe(STILL);

  abort.abort();

  await expect(second).rejects.toMatchObject({ name: 'AbortError' });
  await expect(pace.take(1)).rejects.toMatchObject({ name: 'AbortError' });
});

it('time that was not used is not saved for a burst', async () => {
  let nowMs = 0;
  const abort = new AbortController();
  const pace = paceOf(10, { now: () => new Date(0), monotonicMs: () => nowMs }, abort.signal);
  await pace.take(10);
  nowMs = 1_000_000;
  await pace.take(600);
  const next = pace.take(1);
  next.catch(() => undefined);
  expect(await Promise.race([next, sleep(20, STILL)])).toBe(STILL);
  abort.abort();
});
