import { expect, test } from 'vitest';
import { startCardctl } from '../../support/cardctl.js';
import { startLoad } from '../../support/loadtest.js';
import { moveTo, smallGame } from '../../support/moved-game.js';
import type { Stage } from '../../support/stage.js';
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
  await shiftDuring(stage, 50, () => redis.crash());
  await shiftDuring(stage, 100, () => redis.startAgain());
  const result = await load.finished;
  expect(result.ledger).toMatchObject({ pass: true, violations: [] });
  expect(result.updates).toMatchObject({ unfinished: 0 });
  expect(result.duplicateReplies).toBe(0);
  // What Nginx has not read, since it was closing an idle connection, is sent again at once; and a
  // machine at its limit gives updates back. None fails for the want of a cache.
  const kinds = Object.keys(result.errors.byKind);
  const harmless = /^(connection |status 503)/;
  expect(kinds.filter((kind) => !harmless.test(kind))).toEqual([]);
});

/** Does something between the reload and the end of a shift. */
async function shiftDuring(stage: Stage, percent: number, meanwhile: () => Promise<void>) {
  const args = ['shift', '--percent', `${percent}`, '--requests', '200', '--observe-seconds', '8'];
  for (let attempt = 1; ; attempt += 1) {
    const shift = startCardctl([...args, '--config', stage.configPath]);
    try {
      await shift.waitFor(/Nginx is told to reload/);
    } catch (error) {
      // On a machine that is at its limit a bot may be slow to say that it is ready.
      if ((await shift.finished).exitCode !== 3 || attempt === 5) throw error;
      continue;
    }
    await meanwhile();
    const { exitCode, stdout, stderr } = await shift.finished;
    expect([0, 9], `${stdout}\n${stderr}`).toContain(exitCode);
    return;
  }
}
