import { beforeAll, expect, test } from 'vitest';
import { crashAndResume, type Move, prepareMove } from '../../support/crash-run.js';
import { attempts, dice } from '../../support/dice.js';

let move: Move;

beforeAll(async () => {
  move = await prepareMove();
});

test('a migrate killed while it takes its snapshot or its census has not touched the target, and resumes', async () => {
  const random = dice('crash-mid-snapshot');
  const crash = { phase: /"type":"step"/, withinMs: 350, kills: 3 };
  const left: string[] = [];
  for (let run = 0; run < attempts(2); run++) {
    left.push(...(await crashAndResume(move, crash, random)));
  }
  expect(left).toContain('nothing');
});
