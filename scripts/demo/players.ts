import { spawnSync } from 'node:child_process';
import { startRedis } from '../../test/support/redis.js';
import { makeStageBehindNginx } from '../../test/support/stage-nginx.js';
import { findServer } from '../servers/find.js';
import { cardctl, say } from './cardctl.js';

const SECONDS = 25;
const PER_SECOND = 80;

/** Requests that show a share of 10% to be that: about 8 seconds of them. */
const WATCHED = 600;

/** Programs that are needed to have players, and are not on this machine. */
export function missingForPlayers(): string[] {
  const servers = (['nginx', 'redis-server'] as const).filter((name) => !findServer(name));
  const hasOpenssl = spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0;
  return hasOpenssl ? servers : [...servers, 'openssl'];
}

export interface PlayersOptions {
  directory: string;
  source: string;
  /** Holds what the source does. */
  targetUrl: string;
}

/**
 * Serves players from both stacks, and shifts a tenth of them to the fleet and back. The source
 * stays the authority: what a fleet bot may not write it forwards.
 */
export async function showPlayers(options: PlayersOptions): Promise<void> {
  say('Players. One legacy and three fleet bots behind Nginx; all traffic to the legacy bot yet.');
  const redis = await startRedis();
  const behind = await makeStageBehindNginx({ ...options, redisUrl: redis.url });
  const { stage, certificate, url } = behind;
  await stage.startAll();
  for (const { name, address } of stage.bots) console.log(`${name.padEnd(9)} ${address}`);
  const config = ['--config', stage.configPath];

  say('What they will ask for is in Redis before they come.');
  await cardctl(['warm', ...config]);

  say(`${PER_SECOND} updates a second, sent as Telegram does, for ${SECONDS} seconds.`);
  const load = cardctl(
    [
      ...['loadtest', '--check', '--duration', `${SECONDS}s`, '--rps', `${PER_SECOND}`],
      ...['--api-listen', stage.apiListen, '--url', url, ...config],
    ],
    { capture: true, beside: true, env: { NODE_EXTRA_CA_CERTS: certificate } },
  );
  // What it says is awaited below, whatever happens before.
  load.catch(() => undefined);

  say('A tenth of them to the fleet, while they play; and back.');
  const watch = ['--requests', `${WATCHED}`, '--observe-seconds', '15'];
  for (const percent of ['10', '0'])
    await cardctl(['shift', '--percent', percent, ...watch, ...config]);

  say('How it was for the players, and whether every acknowledged move counts exactly once.');
  console.log((await load).trimEnd());
  console.log('All of it is in the source, the authority; the target is as old as its copy.');
  for (const bot of stage.bots) await bot.process?.kill('SIGTERM');
}
