import { beforeAll, expect, test } from 'vitest';
import { crashAndResume, type Move, prepareMove } from '../../support/crash-run.js';
import { attempts, dice } from '../../support/dice.js';

const COPYING = /"step":"copy rows[^"]*","task"/;

let move: Move;

beforeAll(async () => {
  move = await prepareMove();
});

test('a migrate killed while rows are copied resumes to the target of an undisturbed run', async () => {
  const random = dice('crash-mid-copy');
  const left: string[] = [];
  for (let run = 0; run < attempts(5); run++) {
    const crash = { phase: COPYING, chunkFirst: run % 2 === 0, withinMs: 500, kills: 2 };
    left.push(...(await crashAndResume(move, crash, random)));
  }
  expect(
    left.filter((each) => /^[1-9]\d* chunks/.test(each)).length,
    left.join('\n'),
  ).toBeGreaterThan(0);
});
