import { expect, test } from 'vitest';
import { startCardctl } from '../../support/cardctl.js';
import { startLoad } from '../../support/loadtest.js';
import { moveTo, smallGame } from '../../support/moved-game.js';
import { makeStageBehindNginx } from '../../support/stage-nginx.js';

test('redis-gone-mid-shift: it dies in one shift and comes back empty in the next, and no answer is lost', async () => {
  const { options, redis } = await smallGame();
  const { stage, url, certificate } = await makeStageBehindNginx(options);
  await moveTo(stage, 'postgres');
  await stage.startAll();
  const load = await startLoad(stage, {
    urls: [url],
    users: 40,
    rps: 40,
    seconds: 40,
    certificate,
  });
  const shiftTo = (percent: number) =>
    startCardctl([
      ...['shift', '--percent', `${percent}`, '--requests', '300', '--observe-seconds', '10'],
      ...['--config', stage.configPath],
    ]);
  for (const [percent, meanwhile] of [
    [50, () => redis.crash()],
    [100, () => redis.startAgain()],
  ] as const) {
    const shift = shiftTo(percent);
    await shift.waitFor(/Nginx is told to reload/);
    await meanwhile();
    const { exitCode, stdout, stderr } = await shift.finished;
    expect([0, 9], `${stdout}\n${stderr}`).toContain(exitCode);
  }
  const result = await load.finished;
  expect(result.ledger).toMatchObject({ pass: true, violations: [] });
  expect(result.updates).toMatchObject({ unfinished: 0 });
  expect(result.duplicateReplies).toBe(0);
  // What Nginx has not read, since it was closing an idle connection, is sent again at once.
  const kinds = Object.keys(result.errors.byKind);
  expect(kinds.filter((kind) => !kind.startsWith('connection '))).toEqual([]);
});
