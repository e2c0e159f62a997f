import { beforeAll, expect, test } from 'vitest';
import {
  crashAndResume,
  expectEqualToSource,
  type Move,
  prepareMove,
} from '../../support/crash-run.js';
import { attempts, dice } from '../../support/dice.js';
import { pictureOf } from '../../support/target-picture.js';

let move: Move;

beforeAll(async () => {
  move = await prepareMove();
});

test('what an undisturbed migrate leaves is equal to the source in every value', async () => {
  await expectEqualToSource(move.sourcePath, move.url);
});

test('what an undisturbed migrate leaves has no settings that served the load', async () => {
  expect((await pictureOf(move.url)).settings).toEqual([]);
});

test('a migrate killed again and again, at any moment, ends with the target of an undisturbed run', async () => {
  const random = dice('crash-at-any-moment');
  for (let run = 0; run < attempts(4); run++) {
    const crash = {
      phase: null,
      withinMs: move.undisturbedMs,
      kills: 1 + Math.floor(random.roll() * 4),
    };
    const left = await crashAndResume(move, crash, random);
    console.log(`killed ${left.length} times, which left: ${left.join('; ')}`);
    expect(left.length).toBeGreaterThan(0);
  }
});
