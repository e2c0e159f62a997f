import { expect, test } from 'vitest';
import { runCardctl } from '../../support/cardctl.js';
import { startLoad } from '../../support/loadtest.js';
import { moveTo, smallGame } from '../../support/moved-game.js';
import { startPgBouncer } from '../../support/pgbouncer.js';
import { makeStage, spread } from '../../support/stage.js';

test('behind-pgbouncer: three bots share four connections to Postgres, and every move counts once', async () => {
  const { options } = await smallGame();
  const direct = await makeStage(options);
  // The load itself takes locks that outlive a transaction: it goes to Postgres.
  await moveTo(direct, 'postgres');
  const { url } = await startPgBouncer(options.targetUrl);
  const stage = await makeStage({ ...options, targetUrl: url, runtime: { pgBouncer: true } });
  const warmed = await runCardctl([
    ...['warm', '--active-days', '10000', '--config', stage.configPath],
  ]);
  expect(warmed).toMatchObject({ exitCode: 0 });
  await stage.startAll();
  const load = await startLoad(stage, {
    urls: spread(stage, { legacy: 1, fleet: 1 }),
    seconds: 10,
  });
  const result = await load.finished;
  expect(result.ledger).toMatchObject({ pass: true, violations: [] });
  expect(result.ledger.effects.cards).toBeGreaterThan(0);
  expect(result.errors).toEqual({ total: 0, byKind: {} });
});
