import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { freePort } from './free-port.js';
import { type RunningProcess, startProcess } from './process.js';

export const CARDBOT = fileURLToPath(new URL('../../bin/cardbot', import.meta.url));

export const SECRETS = {
  token: '123456:stage-token',
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
  start(bot: StageBot): Promise<void>;
  startAll(): Promise<void>;
}

export interface StageOptions {
  directory: string;
  source: string;
  targetUrl: string;
  replicaUrl?: string;
  redisUrl?: string;
  fleet?: number;
  /** Somebody's own bot is the legacy, which the test starts there itself. */
  foreignUrl?: string;
  /** Further keys of the configuration, such as `nginx`. */
  more?: object;
}

/** Writes the configuration; nothing is started yet. */
export async function makeStage(options: StageOptions): Promise<Stage> {
  const { directory, source, targetUrl, replicaUrl, redisUrl, fleet = 3, more = {} } = options;
  const { foreignUrl } = options;
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
    runtime: { adminToken, peerSecret, timeZone: 'Asia/Tehran' },
    ...(foreignUrl !== undefined && { legacy: { kind: 'foreign', url: foreignUrl } }),
    bots: bots.map(({ name, stack, address, admin }) => ({ name, stack, address, admin })),
    ...(redisUrl !== undefined && { redis: redisUrl }),
    ...more,
  };
  await writeFile(configPath, JSON.stringify(config, null, 2), { mode: 0o600 });
  const start = async (bot: StageBot) => {
    const args = [CARDBOT, '--config', configPath, '--name', bot.name, '--log-level', 'warn'];
    bot.process = startProcess(process.execPath, args, { timeoutMs: 1_800_000 });
    await untilReady(bot);
  };
  return {
    configPath,
    bots,
    apiListen,
    start,
    startAll: async () => void (await Promise.all(bots.map(start))),
  };
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
