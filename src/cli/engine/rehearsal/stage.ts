import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { planShift } from '../../../edge/plan-shift.js';
import { refuseUnready } from '../../../edge/ready.js';
import { type Config, loadConfig } from '../../config/index.js';
import { edgeOf } from '../edge.js';
import type { ScratchEdge } from './edge.js';
import { startOurs } from './processes.js';
import { findProgram } from './program.js';
import { startScratchRedis } from './redis.js';
import type { RehearseRequest } from './request.js';
import { type ScratchBot, scratchConfig } from './scratch-config.js';

/** The copies of a rehearsal, and what was started on them. */
export interface Stage {
  config: Config;
  configPath: string;
  bots: readonly ScratchBot[];
  apiListen: string;
  edge: ScratchEdge;
  /** What it leaves untried. */
  findings: readonly string[];
  /** Starts the bots of one stack, and waits until they are ready. */
  start(stack: ScratchBot['stack']): Promise<void>;
}

/** Lays out the copies, and starts all but the bots. */
export async function openStage(
  request: RehearseRequest,
  places: {
    directory: string;
    copyPath: string;
    targetUrl: string;
    edge: ScratchEdge;
  },
  undo: (() => unknown)[],
): Promise<Stage> {
  const { directory, copyPath, targetUrl, edge } = places;
  const bots = await scratchBots(request.config);
  const apiListen = `127.0.0.1:${await freePort()}`;
  const { redisUrl, findings } = await openCache(request.config, directory, undo);
  const body = scratchConfig(
    request.config,
    {
      ...{ directory, sourcePath: copyPath, targetUrl, apiListen, bots, redisUrl },
      nginx: { ...edge.commands, listenPort: await freePort(), statusPort: await freePort() },
    },
    { ...request.plan, ...gatesOf(request) },
  );
  const configPath = join(directory, 'cardctl.json');
  writeFileSync(configPath, JSON.stringify(body), { mode: 0o600 });
  const config = loadConfig({
    file: configPath,
    flags: {},
    env: process.env,
    cwd: directory,
    onSecret: () => undefined,
  });
  const edgeConfig = edgeOf(config);
  writeFileSync(edgeConfig.upstreamFile, planShift(edgeConfig, 0, undefined).text);
  const server = await edge.start?.(edgeConfig);
  undo.push(() => server?.stop());
  return {
    ...{ config, configPath, bots, apiListen, edge },
    findings: [...edge.findings, ...findings],
    start: (stack) => startBots({ config, configPath, bots }, stack, undo),
  };
}

/** A Redis where the real game has one. */
async function openCache(
  { stacks }: Config,
  directory: string,
  undo: (() => unknown)[],
): Promise<{ redisUrl: string | null; findings: string[] }> {
  if (stacks.redis.length === 0) return { redisUrl: null, findings: [] };
  const found = await findProgram('redis-server', '--version');
  if (found === null) {
    const finding = 'there is no redis-server here: the bots had no cache, and warm was not tried';
    return { redisUrl: null, findings: [finding] };
  }
  const { program } = found;
  const { url, server } = await startScratchRedis(directory, { program, port: await freePort() });
  undo.push(() => server.stop());
  return { redisUrl: url, findings: [] };
}

async function startBots(
  { config, configPath, bots }: Pick<Stage, 'config' | 'configPath' | 'bots'>,
  stack: ScratchBot['stack'],
  undo: (() => unknown)[],
): Promise<void> {
  for (const { name } of bots.filter((bot) => bot.stack === stack)) {
    const args = ['--config', configPath, '--name', name, '--log-level', 'error'];
    const bot = startOurs('cardbot', args);
    undo.push(() => bot.stop());
  }
  const servers = config.stacks.bots.filter((bot) => bot.stack === stack);
  const token = config.stacks.runtime.adminToken ?? undefined;
  const untilMs = performance.now() + BOTS_MS_MAX;
  for (;;) {
    const missing = await refuseUnready(servers, { token, timeoutMsMax: 3_000 }).then(
      () => null,
      (error: unknown) => error,
    );
    if (missing === null) return;
    if (performance.now() > untilMs) throw missing;
    await sleep(200);
  }
}

const BOTS_MS_MAX = 60_000;

/** Gates that decide within minutes: of the real limits, those on counts are eased. */
function gatesOf({ config, plan, rps, minutes }: RehearseRequest): object {
  const holdSeconds = Math.max(10, Math.round((minutes * 60) / (plan.steps.length + 1)));
  const atLeast = Math.floor((holdSeconds * rps * (plan.steps[0] ?? 100)) / 100);
  const { limits } = config.cutover;
  return {
    holdSeconds,
    limits: {
      ...limits,
      errorRate: Math.min(0.5, Math.max(limits.errorRate, 6 / Math.max(1, atLeast))),
      samplesMin: Math.max(1, Math.min(limits.samplesMin, Math.floor(atLeast / 3))),
    },
  };
}

async function scratchBots({ stacks }: Config): Promise<ScratchBot[]> {
  const bots: ScratchBot[] = [];
  for (const { name, stack } of stacks.bots) {
    const address = `127.0.0.1:${await freePort()}`;
    bots.push({ name, stack, address, admin: `http://127.0.0.1:${await freePort()}` });
  }
  return bots;
}

/** One that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
