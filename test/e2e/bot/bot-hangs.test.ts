import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runCardctl } from '../../support/cardctl.js';
import { startLoad } from '../../support/loadtest.js';
import { moveTo, smallGame } from '../../support/moved-game.js';
import { makeStageBehindNginx } from '../../support/stage-nginx.js';

test('bot-hangs: Nginx goes elsewhere, a shift refuses the bot, and nothing is lost or doubled', async () => {
  const { options } = await smallGame();
  const { stage, url, certificate, home } = await makeStageBehindNginx({
    ...options,
    answerSecondsMax: 10,
  });
  await moveTo(stage, 'postgres');
  await stage.startAll();
  const shiftTo = (percent: string) =>
    runCardctl([
      ...['shift', '--percent', percent, '--observe-seconds', '1'],
      ...['--config', stage.configPath],
    ]);
  // Nobody plays yet: the share stands, not proven.
  expect(await shiftTo('50')).toMatchObject({ exitCode: 9 });
  const load = await startLoad(stage, {
    urls: [url],
    users: 30,
    // Each update that hangs takes one of the forty connections that Telegram has.
    rps: 12,
    writes: 0.6,
    seconds: 45,
    errorsMax: 1_000,
    certificate,
  });
  await sleep(4_000);
  const [, hanging] = stage.bots;
  hanging?.process?.child.kill('SIGSTOP');
  await sleep(6_000);
  const refused = await shiftTo('100');
  expect(refused).toMatchObject({ exitCode: 3 });
  expect(refused.stderr).toContain('fleet-1: no answer within 3000 ms');
  await sleep(15_000);
  // What it had taken it now does, after others have.
  hanging?.process?.child.kill('SIGCONT');
  const result = await load.finished;
  expect(result.ledger).toMatchObject({ pass: true, violations: [] });
  expect(result.updates).toMatchObject({ unfinished: 0 });
  const log = await readFile(join(home, 'error.log'), 'utf8');
  expect(log).toMatch(/upstream timed out.*while reading response header/);
  expect(log).toContain('upstream server temporarily disabled');
  expect(await shiftTo('100')).toMatchObject({ exitCode: 9 });
});
