import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { freePort } from './free-port.js';
import { type RunningProcess, startProcess } from './process.js';

export const CARDBOT = fileURLToPath(new URL('../../bin/cardbot', import.meta.url));

const SHIFTED_CLOCK = new URL('shifted-clock.mjs', import.meta.url).href;

/** Of every stage's bot. */
export const STAGE_TOKEN = '123456:stage-token';

export const SECRETS = {
  token: STAGE_TOKEN,
  secretToken: 'stage-secret-token',
  adminToken: 'stage-admin-token',
  peerSecret: 'stage-peer-secret',
} as const;

export const WEBHOOK_PATH = '/hook-0123456789abcdef';

/** One bot of a stage, which may be started, killed and started again. */
export interface StageBot {
  name: string;
  stack: 'legacy' | 'fleet';
  address: string;
  admin: string;
  process: RunningProcess | null;
}

/** One legacy and some fleet bots on this machine, each a process of its own, by one configuration. */
export interface Stage {
  configPath: string;
  bots: StageBot[];
  /** Where the Bot API must answer: that of a load test, say. */
  apiListen: string;
  /** @param aheadMs how far the clock of its process is ahead of the machine's */
  start(bot: StageBot, aheadMs?: number): Promise<void>;
  startAll(): Promise<void>;
}

export interface StageOptions {
  directory: string;
  source: string;
  targetUrl: string;
  replicaUrl?: string;
  redisUrl?: string;
  fleet?: number;
  /** Of the bots; default `warn`. */
  logLevel?: string;
  /** Further keys of `runtime` in the configuration. */
  runtime?: object;
  /** Where pictures of cards are; default: nowhere. */
  cdn?: string;
  /** Of each bot; default: what Telegram bears. */
  messagesPerSecond?: number;
  /** Somebody's own bot is the legacy, which the test starts there itself. */
  foreignUrl?: string;
  /** Further keys of the configuration, such as `nginx`. */
  more?: object;
}

/** Writes the configuration; nothing is started yet. */
export async function makeStage(options: StageOptions): Promise<Stage> {
  const {
    directory,
    source,
    targetUrl,
    replicaUrl,
    redisUrl,
    fleet = 3,
    logLevel = 'warn',
    runtime,
    messagesPerSecond,
    cdn,
    foreignUrl,
    more = {},
  } = options;
  const legacy = foreignUrl === undefined ? ['legacy-1'] : [];
  const names = [...legacy, ...Array.from({ length: fleet }, (_, i) => `fleet-${i + 1}`)];
  const bots: StageBot[] = [];
  for (const name of names) {
    bots.push({
      name,
      stack: name.startsWith('legacy') ? 'legacy' : 'fleet',
      address: `127.0.0.1:${await freePort()}`,
      admin: `http://127.0.0.1:${await freePort()}`,
      process: null,
    });
  }
  const apiListen = `127.0.0.1:${await freePort()}`;
  const configPath = join(directory, 'cardctl.json');
  const { token, secretToken, adminToken, peerSecret } = SECRETS;
  const config = {
    source,
    target: { url: targetUrl, ...(replicaUrl !== undefined && { read_replica: replicaUrl }) },
    workDir: join(directory, 'work'),
    telegram: {
      token,
      secretToken,
      webhookPath: WEBHOOK_PATH,
      apiRoot: `http://${apiListen}`,
      username: 'stage_bot',
    },
    runtime: {
      adminToken,
      peerSecret,
      timeZone: 'Asia/Tehran',
      ...(messagesPerSecond !== undefined && { messagesPerSecond }),
      ...(cdn !== undefined && { cdn }),
      ...runtime,
    },
    ...(foreignUrl !== undefined && { legacy: { kind: 'foreign', url: foreignUrl } }),
    bots: bots.map(({ name, stack, address, admin }) => ({ name, stack, address, admin })),
    ...(redisUrl !== undefined && { redis: redisUrl }),
    ...more,
  };
  await writeFile(configPath, JSON.stringify(config, null, 2), { mode: 0o600 });
  const start = async (bot: StageBot, aheadMs = 0) => {
    const args = [CARDBOT, '--config', configPath, '--name', bot.name, '--log-level', logLevel];
    bot.process = startProcess(
      process.execPath,
      aheadMs === 0 ? args : ['--import', SHIFTED_CLOCK, ...args],
      { timeoutMs: 1_800_000, env: { CLOCK_AHEAD_MS: String(aheadMs) } },
    );
    await untilReady(bot);
  };
  return {
    configPath,
    bots,
    apiListen,
    start,
    startAll: async () => void (await Promise.all(bots.map((bot) => start(bot)))),
  };
}

/** Where updates go when there is no Nginx: to each bot, by its stack's weight. */
export function spread(stage: Stage, weights: Record<StageBot['stack'], number>): string[] {
  return stage.bots.map(
    ({ address, stack }) => `http://${address}${WEBHOOK_PATH}=${weights[stack]}`,
  );
}

/** Delivers an update to one bot, as Telegram would through Nginx. */
export async function post(
  { address }: StageBot,
  update: object | string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const { statusCode, body } = await request(`http://${address}${WEBHOOK_PATH}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-telegram-bot-api-secret-token': SECRETS.secretToken,
      ...headers,
    },
    body: typeof update === 'string' ? update : JSON.stringify(update),
  });
  return { status: statusCode, body: await body.text() };
}

/** What the admin listener of a bot answers. */
export async function adminGet({ admin }: StageBot, path: string): Promise<string> {
  const { body } = await request(`${admin}${path}`, {
    headers: { authorization: `Bearer ${SECRETS.adminToken}` },
  });
  return body.text();
}

const READY_MS_MAX = 30_000;

async function untilReady({ name, admin, process: running }: StageBot): Promise<void> {
  const startedMs = performance.now();
  let said = 'nothing';
  while (performance.now() - startedMs < READY_MS_MAX) {
    if (running !== null && running.child.exitCode !== null) break;
    try {
      const { statusCode, body } = await request(`${admin}/readyz`, {
        headers: { authorization: `Bearer ${SECRETS.adminToken}` },
      });
      said = `${statusCode} ${await body.text()}`;
      if (statusCode === 200) return;
    } catch (error) {
      said = String(error);
    }
    await sleep(50);
  }
  throw new Error(`${name} is not ready: ${said}\n${running?.stderr ?? ''}`);
}
