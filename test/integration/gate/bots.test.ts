import { once } from 'node:events';
import { Counter, Gauge, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { EdgeServer } from '../../../src/edge/config.js';
import { scrapeBots } from '../../../src/steps/gate/sources/bots.js';
import { increasedBy, noIncrease } from '../../../src/steps/gate/sources/increase.js';
import { totalsOf } from '../../../src/steps/gate/sources/totals.js';
import { commandUpdate } from '../../support/bot/updates.js';
import { freePort } from '../../support/free-port.js';
import { openTestBot } from '../bot/bots.js';
import { BROKEN, guarded, serve, TOKEN } from './http.js';

const signal = new AbortController().signal;

function server(name: string, adminUrl: string | undefined, stack: EdgeServer['stack'] = 'fleet') {
  return { name, stack, address: '10.0.1.10:8443', adminUrl };
}

function scrape(servers: EdgeServer[], token: string | undefined = TOKEN) {
  return scrapeBots({ servers, stack: 'fleet', token, timeoutMs: 300 }, signal);
}

/** What a bot has counted, as its own client library tells it; `restart` begins again. */
async function countingBot(stack: 'legacy' | 'fleet' = 'fleet') {
  let registry = new Registry();
  let updates: Counter<'outcome'>;
  const restart = (startedAtS: number) => {
    registry = new Registry();
    registry.setDefaultLabels({ stack });
    const registers = [registry];
    updates = new Counter({
      name: 'cardbot_updates_total',
      help: 'Updates',
      labelNames: ['outcome'],
      registers,
    });
    new Gauge({ name: 'process_start_time_seconds', help: 'Start', registers }).set(startedAtS);
  };
  restart(1);
  const url = await serve(
    guarded(async (_request, response) => {
      response.end(await registry.metrics());
    }),
  );
  return { url, restart, count: (outcome: string, n: number) => updates.inc({ outcome }, n) };
}

it('the numbers of the bots of a stack are added up, over a restart too', async () => {
  const [one, other, legacy] = [
    await countingBot(),
    await countingBot(),
    await countingBot('legacy'),
  ];
  const servers = [
    server('fleet-1', one.url),
    server('fleet-2', other.url),
    server('legacy-1', legacy.url, 'legacy'),
  ];
  one.count('applied', 1_000);
  other.count('applied', 500);
  other.count('failed', 3);
  legacy.count('failed', 99);
  let increase = noIncrease(await scrape(servers));
  one.count('applied', 10);
  one.count('unavailable', 2);
  increase = increasedBy(increase, await scrape(servers));
  other.restart(2);
  other.count('applied', 501);
  other.count('failed', 1);
  increase = increasedBy(increase, await scrape(servers));
  expect(totalsOf([...increase.rises.values()]).errors).toEqual({ hits: 3, of: 514 });
});

it('a real bot is read as it counts', async () => {
  const { bot, post } = await openTestBot();
  const from = { id: 101, name: 'Negar' };
  const dateS = Math.floor(Date.now() / 1_000);
  const source = { servers: [server('fleet-1', bot.adminAddress)], stack: 'fleet' as const };
  const read = () => scrapeBots({ ...source, token: 'admin-token' }, signal);
  const before = await read();
  expect(before.problems).toEqual([]);
  for (let updateId = 1; updateId <= 5; updateId++) {
    await post(commandUpdate({ updateId, from, text: '/profile', dateS }));
  }
  const increase = increasedBy(noIncrease(before), await read());
  const totals = totalsOf([...increase.rises.values()]);
  expect(totals.errors).toEqual({ hits: 0, of: 5 });
  expect(totals.updateSeconds.get(Infinity)).toBe(5);
  expect(totals.updateAgeSeconds.get(30)).toBe(5);
  expect(totals.cacheHits.of).toBeGreaterThan(0);
});

it.each(BROKEN)('a bot that %s is named, and the token is not told', async (_, answer, reason) => {
  const good = await countingBot();
  good.count('applied', 1);
  const servers = [server('fleet-1', good.url), server('fleet-2', await serve(answer))];
  const { instances, problems } = await scrape(servers);
  expect([...instances.keys()]).toEqual(['fleet-1']);
  expect(problems).toEqual([expect.stringMatching(reason)]);
  expect(problems[0]).toMatch(/^fleet-2: /);
  expect(problems[0]).not.toContain(TOKEN);
});

it('a wrong token, another program, another stack and nobody at all are told apart', async () => {
  const bot = await countingBot();
  bot.count('applied', 1);
  const legacy = await countingBot('legacy');
  legacy.count('applied', 1);
  const port = await freePort();
  const html = await serve((_request, response) => response.end('<!doctype html>'));
  const empty = await serve((_request, response) => response.end());
  const { problems } = await scrape([
    server('a', html),
    server('b', empty),
    server('c', legacy.url),
    server('d', `http://127.0.0.1:${port}`),
    server('e', undefined),
  ]);
  expect(problems).toEqual([
    'a: line 1 is not in the format of Prometheus',
    'b: it counts nothing as a fleet bot',
    'c: it counts nothing as a fleet bot',
    `d: connect ECONNREFUSED 127.0.0.1:${port}`,
    'e: it has no admin URL to ask',
  ]);
  expect((await scrape([server('fleet-1', bot.url)], 'wrong-token')).problems).toEqual([
    'fleet-1: answered 401: the token is not the right one',
  ]);
  expect((await scrape([server('legacy-1', legacy.url, 'legacy')])).problems).toEqual([
    'there are no fleet bots',
  ]);
});

it('an answer without an end is cut off', async () => {
  const chunk = 'x'.repeat(1024 * 1024);
  const url = await serve((_request, response) => {
    const more = (): void => void response.write(chunk, (error) => error ?? more());
    more();
  });
  const source = { servers: [server('fleet-1', url)], stack: 'fleet' as const, token: TOKEN };
  const { problems } = await scrapeBots({ ...source, timeoutMs: 60_000 }, signal);
  expect(problems).toEqual(['fleet-1: answered with more than 16777216 bytes']);
});

it('a token that is no header value is not told either', async () => {
  const { url } = await countingBot();
  const token = `${TOKEN}\nx: y`;
  const { problems } = await scrape([server('fleet-1', url)], token);
  expect(problems).toEqual(['fleet-1: invalid authorization header']);
});

it('an abort ends the asking at once', async () => {
  let isAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const controller = new AbortController();
  const url = await serve((request) => {
    isAsked();
    void once(request.socket, 'close');
  });
  const source = { servers: [server('fleet-1', url)], stack: 'fleet' as const, token: TOKEN };
  const scraping = scrapeBots({ ...source, timeoutMs: 60_000 }, controller.signal);
  await asked;
  controller.abort();
  expect((await scraping).problems).toEqual(['fleet-1: This operation was aborted']);
});
