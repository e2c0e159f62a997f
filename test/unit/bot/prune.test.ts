import { expect, test, vi } from 'vitest';
import { startPruning } from '../../../src/bot/prune.js';
import { atEnd } from '../../support/cleanup.js';
import { createPlay } from './play.js';

test('the ledger is pruned each hour, of what is older than three days, where writes are', async () => {
  vi.useFakeTimers();
  atEnd(() => {
    vi.useRealTimers();
  });
  const { store, parts } = createPlay();
  const ages: number[] = [];
  const prune = async (ms: number) => ages.push(ms);
  const { stop } = startPruning({ prune }, parts.authority, parts.log);
  await vi.advanceTimersByTimeAsync(2 * 3_600_000);
  expect(ages).toStrictEqual([259_200_000, 259_200_000]);
  store.authorityNow = { store: 'sqlite', epoch: 2, moving: false };
  await parts.authority.refresh();
  await vi.advanceTimersByTimeAsync(3_600_000);
  stop();
  store.authorityNow = { store: 'postgres', epoch: 3, moving: false };
  await parts.authority.refresh();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(ages).toStrictEqual([259_200_000, 259_200_000]);
});
