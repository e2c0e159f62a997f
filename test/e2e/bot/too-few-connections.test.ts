import { expect, test } from 'vitest';
import { atEnd } from '../../support/cleanup.js';
import { moveTo, smallGame } from '../../support/moved-game.js';
import { startPostgres } from '../../support/postgres-server.js';
import { makeStage, type StageBot } from '../../support/stage.js';

test('too-few-connections: a bot says at its start how many Postgres should have, when it has fewer', async () => {
  const { options } = await smallGame();
  const postgres = await startPostgres({ settings: { max_connections: '100', fsync: 'off' } });
  atEnd(() => postgres.stop());
  const startedWith = async (fleet: number) => {
    const stage = await makeStage({ ...options, targetUrl: postgres.adminUrl, fleet });
    if (fleet === 3) await moveTo(stage, 'postgres');
    const bot = stage.bots[1] as StageBot;
    await stage.start(bot);
    const { stderr } = (await bot.process?.kill()) ?? { stderr: '' };
    return stderr.split('\n').filter((line) => line.includes('connections'));
  };
  const [warning, ...others] = await startedWith(3);
  expect(others).toEqual([]);
  expect(JSON.parse(warning ?? '{}')).toMatchObject({
    level: 'warn',
    bots: 3,
    wanted: 183,
    max_connections: 100,
    msg: 'the bots may want more connections than Postgres has: set max_connections = 200, or put PgBouncer between',
  });
  expect(await startedWith(1)).toEqual([]);
});
