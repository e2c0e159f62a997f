import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Sqlite from 'better-sqlite3';
import { request } from 'undici';
import { expect, test } from 'vitest';
import { runCardctl, startCardctl } from '../../support/cardctl.js';
import { atEnd } from '../../support/cleanup.js';
import { type ForeignBot, startForeignBot } from '../../support/foreign-bot.js';
import { freePort } from '../../support/free-port.js';
import { type LoadResult, startLoad } from '../../support/loadtest.js';
import { moveTo, smallGame } from '../../support/moved-game.js';
import { runProcess } from '../../support/process.js';
import { CARDBOT, makeStage, SECRETS, type Stage, WEBHOOK_PATH } from '../../support/stage.js';
import { makeStageBehindNginx } from '../../support/stage-nginx.js';

/** A game whose legacy bot, not started yet, is somebody's own, at a path of its own. */
async function foreignGame() {
  const { options } = await smallGame();
  const port = await freePort();
  const start = ({ apiListen }: Stage): Promise<ForeignBot> =>
    startForeignBot({
      db: options.source,
      secret: SECRETS.secretToken,
      token: SECRETS.token,
      apiRoot: `http://${apiListen}`,
      port,
    });
  const foreignUrl = `http://127.0.0.1:${port}/webhook`;
  return { options: { ...options, fleet: 2, foreignUrl }, start };
}

async function shift(stage: Stage, percent: number) {
  const { exitCode, stdout, stderr } = await runCardctl([
    ...['shift', '--percent', `${percent}`, '--requests', '200', '--observe-seconds', '5'],
    ...['--config', stage.configPath, '--json', '--quiet'],
  ]);
  return { exitCode, said: `${stdout}\n${stderr}` };
}

/** What Nginx had not read, since it was closing an idle connection, is sent again at once. */
function failuresOf({ errors }: LoadResult): string[] {
  return Object.keys(errors.byKind).filter((kind) => !kind.startsWith('connection '));
}

/** Challenges by the player who opened them. */
function fightsIn(path: string): Map<string, number> {
  const rows = rowsOf(
    path,
    'SELECT challenger_id AS id, count(*) AS n FROM active_fights GROUP BY 1',
  );
  return new Map(rows.map(({ id, n }) => [String(id), Number(n)]));
}

function rowsOf(path: string, sql: string): Record<string, unknown>[] {
  const db = new Sqlite(path, { readonly: true });
  try {
    return db.prepare<[], Record<string, unknown>>(sql).all();
  } finally {
    db.close();
  }
}

test('Nginx sends nothing twice to a foreign bot, and cardbot does not run as one', async () => {
  const { options } = await foreignGame();
  const stage = await makeStage(options);
  const { stdout } = await runCardctl(['nginx', '--config', stage.configPath]);
  expect(stdout).toContain('proxy_pass http://bot_backend/webhook;');
  expect(stdout).toContain('proxy_next_upstream error timeout;');
  const args = [CARDBOT, '--config', stage.configPath, '--name', 'legacy'];
  const { exitCode, stderr } = await runProcess(process.execPath, args);
  expect(stderr).toContain(`legacy is the foreign bot at ${options.foreignUrl}, no cardbot`);
  expect(exitCode).toBe(2);
});

test('traffic walks to the fleet and back while somebody’s own bot does all that is written', async () => {
  const { options, start } = await foreignGame();
  const { stage, url, certificate } = await makeStageBehindNginx(options);
  await moveTo(stage, 'sqlite');
  const refused = await shift(stage, 10);
  expect(refused.said).toMatch(/not ready for traffic: .*legacy: connect ECONNREFUSED/);
  expect(refused.exitCode).toBe(3);
  await Promise.all([start(stage), stage.startAll()]);
  const load = await startLoad(stage, { urls: [url], seconds: 40, rps: 60, certificate });
  for (const percent of [10, 50, 100, 0]) {
    const { exitCode, said } = await shift(stage, percent);
    // 0: the share is proven; 9: too few requests came in that time.
    expect([0, 9], said).toContain(exitCode);
  }
  const result = await load.finished;
  expect(failuresOf(result)).toEqual([]);
  expect(result).toMatchObject({
    updates: { unfinished: 0 },
    duplicateReplies: 0,
    ledger: {
      pass: true,
      writesChecked: 0,
      violations: [],
      foreign: { writesAcknowledged: result.updates.writesAcknowledged, violations: [] },
    },
  });
  expect(result.updates.writesAcknowledged).toBeGreaterThan(200);
  expect(rowsOf(options.source, 'SELECT update_id FROM cardbot_update')).toEqual([]);
});

test('foreign-traffic-after-promote: it refuses to write, and each update is done by the fleet', async () => {
  const { options, start } = await foreignGame();
  const { stage, url, certificate } = await makeStageBehindNginx(options);
  const config = ['--config', stage.configPath, '--yes'];
  const followed = startCardctl(['migrate', '--follow', ...config], { timeoutMs: 170_000 });
  await followed.waitFor(/caught up/);
  const [foreign] = await Promise.all([start(stage), stage.startAll()]);
  const load = await startLoad(stage, {
    ...{ urls: [url], seconds: 50, rps: 40, certificate },
    errorsMax: 100_000,
  });
  expect([0, 9]).toContain((await shift(stage, 50)).exitCode);
  const promote = () => runCardctl(['promote', '--no-backup', ...config]);
  expect(await promote()).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('the foreign bot legacy is without traffic: it gets 50% of it'),
  });
  expect([0, 9]).toContain((await shift(stage, 100)).exitCode);
  expect(await promote()).toMatchObject({ exitCode: 0 });
  // As somebody may do by mistake.
  expect([0, 9]).toContain((await shift(stage, 50)).exitCode);
  expect([0, 9]).toContain((await shift(stage, 100)).exitCode);
  const result = await load.finished;
  // 503: the fleet held it while neither side could take it.
  const kinds = failuresOf(result);
  expect(kinds).toContain('status 500');
  expect(kinds.filter((kind) => !['status 500', 'status 503'].includes(kind))).toEqual([]);
  expect(foreign.process.stderr).toMatch(/IntegrityError: cardctl: this database/);
  // All cards, challenges, scores and hearts add up, whoever of the two gave them.
  expect(result.ledger).toMatchObject({ pass: true, violations: [], foreign: { violations: [] } });
  expect(result.updates).toMatchObject({ unfinished: 0 });
  const { writesChecked } = result.ledger;
  const byForeign = result.ledger.foreign?.writesAcknowledged ?? 0;
  expect(writesChecked + byForeign).toBe(result.updates.writesAcknowledged);
  expect(writesChecked).toBeGreaterThan(100);
  expect(byForeign).toBeGreaterThan(50);
  expect((await followed.kill('SIGINT')).exitCode).toBe(0);
});

test('answer-lost-by-foreign: a challenge that it opens twice is told apart from the balance', async () => {
  const { options, start } = await foreignGame();
  const stage = await makeStage(options);
  await moveTo(stage, 'sqlite');
  const { url } = await start(stage);
  const before = fightsIn(options.source);
  const lossy = await losingAnswers(url, '/fight');
  const load = await startLoad(stage, {
    ...{ urls: [lossy.url], seconds: 10, rps: 40 },
    errorsMax: 1_000,
  });
  const { ledger, errors, updates } = await load.finished;
  expect(ledger).toMatchObject({ pass: true, violations: [] });
  expect(updates).toMatchObject({ unfinished: 0 });
  expect(errors.total).toBe(lossy.lostOf.length);
  const sentBy = new Map<string, number>();
  for (const userId of lossy.lostOf) sentBy.set(userId, (sentBy.get(userId) ?? 0) + 1);
  const expected = [...fightsIn(options.source)]
    .map(([userId, all]) => {
      const opened = all - (before.get(userId) ?? 0);
      return { userId, opened, sent: sentBy.get(userId) ?? 0 };
    })
    .filter(({ opened, sent }) => opened > sent)
    .map(({ userId, opened, sent }) => ({
      rule: 'more challenges than sent',
      userId,
      detail: `user ${userId} opened ${opened} challenges for ${sent} of /fight`,
    }));
  expect(ledger.foreign?.violations).toEqual(expect.arrayContaining(expected));
  expect(ledger.foreign?.violations).toHaveLength(expected.length);
  expect(expected.length).toBeGreaterThan(0);
});

/** Passes posts on, and loses the first answer to each command of a kind. */
async function losingAnswers(to: string, command: string) {
  const seen = new Set<string>();
  const lostOf: string[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { statusCode, body: answer } = await request(to, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-telegram-bot-api-secret-token': SECRETS.secretToken,
      },
      body,
    });
    const text = await answer.text();
    const { message } = JSON.parse(body);
    if (message?.text === command && !seen.has(body)) {
      seen.add(body);
      lostOf.push(String(message.from.id));
      incoming.socket.destroy();
      return;
    }
    response.writeHead(statusCode).end(text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${WEBHOOK_PATH}`,
    /** The ids of the players whose commands were answered in vain, each as often as that was. */
    lostOf,
  };
}
