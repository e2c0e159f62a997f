import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { deadlineIn } from '../../../src/lib/deadline.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('it aborts within another signal, however much garbage is collected meanwhile', async () => {
  const outer = new AbortController();
  const signal = AbortSignal.any([outer.signal, deadlineIn(150)]);
  expect(signal.aborted).toBe(false);
  for (let round = 0; round < 100 && !signal.aborted; round += 1) {
    collectGarbage();
    await sleep(10);
  }
  expect(signal.reason).toMatchObject({ name: 'TimeoutError', message: 'not done within 150 ms' });
});

test('nothing in src uses the signal that the garbage collector takes', () => {
  const src = join(import.meta.dirname, '../../../src');
  const users = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== join('lib', 'deadline.ts'))
    .filter((name) => readFileSync(join(src, name), 'utf8').includes('AbortSignal.timeout'));
  expect(users).toEqual([]);
});
