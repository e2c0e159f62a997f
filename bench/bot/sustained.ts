import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { StageBot } from '../../test/support/stage.js';
import { type CpuBudget, watchBudget } from './cpu-budget.js';
import { highestRate, type Probe } from './highest-rate.js';
import { CDN, stopBot, type World } from './world.js';

/** What one process takes, round after round, posted to directly. */
export interface Sustained {
  title: string;
  /** At a rate that neither finds hard, with the seconds and the rate that it is of. */
  cpu: CpuBudget;
  rounds: { rps: number; probes: Probe[] }[];
}

export const CARDBOT = 'cardbot';
export const BARE = 'bare bot';

export const SUSTAINED_P99_MS_MAX = 250;

const FIRST_RPS = 600;
export const SUSTAINED_WARM_UP_S = 25;

/** Of which the CPU time of an update is told. */
export const EASY = { rps: 300, seconds: 15 };

/** Each alone at work while it is measured, in turn. */
export async function measureSustained(
  world: World,
  { users, rounds }: { users: number; rounds: number },
  say: (line: string) => void,
): Promise<Sustained[]> {
  const bot = world.stage.bots.find(({ stack }) => stack === 'fleet') as StageBot;
  await world.stage.start(bot);
  const bare = await startBareBot(world);
  const { webhookPath } = configOf(world).telegram;
  const contenders = [
    contender(CARDBOT, `http://${bot.address}${webhookPath}`),
    contender(BARE, `http://127.0.0.1:${bare.port}${webhookPath}`),
  ];
  try {
    for (const { title, url } of contenders) {
      say(`${title}: warming up`);
      await world.load.play({
        url,
        users,
        rps: EASY.rps,
        seconds: SUSTAINED_WARM_UP_S,
        check: false,
      });
    }
    for (const contender of contenders) {
      const usedSince = watchBudget(rootsOf(world, bot, bare.pid));
      await world.load.play({ url: contender.url, users, ...EASY, check: false });
      contender.cpu = usedSince();
    }
    for (let round = 1; round <= rounds; round += 1) {
      for (const { title, url, rounds: done } of contenders) {
        const from = done.at(-1)?.rps || FIRST_RPS;
        const found = await highestRate(
          world.load,
          { url, users },
          { from, p99MsMax: SUSTAINED_P99_MS_MAX },
        );
        done.push(found);
        say(`round ${round} of ${rounds}: ${title} ${found.rps}/s`);
      }
    }
  } finally {
    await bare.stop();
    await stopBot(bot);
  }
  return contenders;
}

function contender(title: string, url: string): Sustained & { url: string } {
  return { title, url, rounds: [], cpu: new Map() };
}

function rootsOf({ load, servers }: World, bot: StageBot, barePid: number): Map<string, number> {
  return new Map([
    [CARDBOT, bot.process?.child.pid ?? 0],
    [BARE, barePid],
    ['Postgres', servers.primary],
    ['its replica', servers.replica],
    ['Redis', servers.redis],
    ['the load tool', load.pid],
  ]);
}

const BARE_BOT = fileURLToPath(new URL('./bare-bot.ts', import.meta.url));

async function startBareBot(
  world: World,
): Promise<{ port: number; pid: number; stop(): Promise<void> }> {
  const { token, apiRoot, secretToken, webhookPath } = configOf(world).telegram;
  const options = {
    ...{ token, apiRoot, secretToken, path: webhookPath },
    ...{ postgres: world.postgres.url, redis: world.redisUrl, cdn: CDN },
  };
  const child = fork(BARE_BOT, [JSON.stringify(options)], { execArgv: ['--import', 'tsx'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
    pid: child.pid ?? 0,
    stop: async () => {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
}

function configOf({ stage }: World): { telegram: Record<string, string> } {
  return JSON.parse(readFileSync(stage.configPath, 'utf8'));
}
