import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { atEnd } from '../../support/cleanup.js';
import { expectBalanced, makeCutoverStage, resultOf } from '../../support/move/cutover-stage.js';
import type { StageBot } from '../../support/stage.js';

/** Ready by its own word, and answers every update with 500. */
async function startBroken(bot: StageBot): Promise<void> {
  const metrics = [
    'cardbot_updates_total{stack="fleet",kind="profile",outcome="failed"} 0',
    'cardbot_update_seconds_bucket{stack="fleet",outcome="failed",le="+Inf"} 0',
    'cardbot_update_age_seconds_bucket{stack="fleet",le="+Inf"} 0',
    'process_start_time_seconds{stack="fleet"} 1',
  ];
  await serve(
    bot.admin,
    (url) => (url === '/metrics' ? `${metrics.join('\n')}\n` : 'ready\n'),
    200,
  );
  await serve(`http://${bot.address}`, () => 'broken', 500);
}

async function serve(at: string, answer: (url: string) => string, status: number): Promise<void> {
  const { hostname, port } = new URL(at);
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end(answer(request.url ?? '')));
  });
  await new Promise<void>((resolve) => server.listen(Number(port), hostname, resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
}

test('a fleet that answers 500 fails its gate: everything goes back by itself, and no move is lost', {
  timeout: 1_200_000,
}, async () => {
  const stage = await makeCutoverStage();
  const players = await stage.play({ errorsMax: 1_000_000 });
  for (const bot of stage.fleet) await startBroken(bot);
  const { exitCode, result } = resultOf(await stage.cutover().finished);
  expect({ exitCode, code: result.code }, `${result.message}`).toEqual({
    exitCode: 8,
    code: 'rolled-back',
  });
  expect(result.message).toMatch(/edge-error-rate: errors \d+ of \d+/);
  expect(result.details).toMatchObject({
    verdicts: expect.arrayContaining([
      expect.objectContaining({ gate: 'edge-error-rate', verdict: 'fail' }),
    ]),
  });
  expect(await stage.status()).toEqual({ authority: 'sqlite', percent: 0, unfinished: null });
  const { result: told, entries } = stage.timeline();
  expect(told).toBe('rolled back');
  expect(entries.filter(({ percent }) => percent !== null)).toMatchObject([
    { step: 'shift-50', percent: 50 },
    { step: 'back-to-0', percent: 0 },
  ]);
  expectBalanced(await players.stop());
});
