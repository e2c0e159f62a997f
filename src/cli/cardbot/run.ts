import { stopOnSignal } from '../../bot/drain.js';
import { createLog } from '../../bot/log.js';
import type { BotOptions, Peer } from '../../bot/options.js';
import { openBotApi } from '../../bot/outbound/api.js';
import { startBot } from '../../bot/runtime.js';
import type { EdgeServer } from '../../edge/config.js';
import { systemClock } from '../../lib/clock.js';
import { CardctlError } from '../../lib/errors.js';
import { type Config, loadConfig, type Stacks } from '../config/index.js';
import { required } from '../config/required.js';
import type { Redactor } from '../redact.js';
import { openCache, openStore } from './open.js';
import { type CardbotFlags, chosen } from './program.js';

/**
 * Builds the world of one bot, and runs it until a signal: the first lets it finish what was begun,
 * the second ends it with no more than that nothing is lost.
 */
export async function runCardbot(flags: CardbotFlags, redactor: Redactor): Promise<void> {
  const secrets: string[] = [];
  const config = loadConfig({
    file: flags.config,
    flags: {},
    env: process.env,
    cwd: process.cwd(),
    onSecret: (secret) => {
      secrets.push(secret);
      redactor.add(secret);
    },
  });
  const bot = chosen(config.stacks.bots, flags.name);
  const base = { stack: bot.stack, server: bot.name };
  const log = createLog({ level: flags.logLevel, base, secrets });
  const options = await botOptions(config, bot, flags);
  const { store, clock } = await openStore(config, bot.stack, { clock: systemClock, log });
  const cache = openCache(config.stacks.redis, log);
  const running = await startBot(options, { store, cache, clock, log });
  await stopOnSignal(running, process, log);
}

async function botOptions(
  { stacks }: Config,
  bot: EdgeServer,
  { polling }: CardbotFlags,
): Promise<BotOptions> {
  const { telegram, runtime } = stacks;
  refuseForeign(bot);
  const token = required(telegram.token, 'telegram.token');
  const admin = new URL(
    required(bot.adminUrl, 'bots[].admin', `the bot ${bot.name} listens there`),
  );
  return {
    server: bot.name,
    telegram: {
      token,
      apiRoot: telegram.apiRoot,
      username: telegram.username ?? (await askedUsername(token, telegram.apiRoot)),
    },
    zone: runtime.timeZone,
    updates:
      polling === true
        ? { from: 'polling' }
        : {
            from: 'webhook',
            ...hostAndPort(bot.address),
            path: telegram.webhookPath,
            ...foreignPathOf(stacks),
            secretToken: required(telegram.secretToken, 'telegram.secretToken'),
          },
    admin: {
      host: bareHost(admin.hostname),
      port: Number(admin.port || 80),
      ...(runtime.adminToken !== null && { token: runtime.adminToken }),
    },
    peers: peersOf(stacks, bot),
    ...(runtime.peerSecret !== null && { peerSecret: runtime.peerSecret }),
    ...(runtime.messagesPerSecond !== null && {
      limits: { perSecond: runtime.messagesPerSecond },
    }),
    pictures: {
      directory: runtime.images,
      ...(runtime.cdn !== null && { cdnBaseUrl: runtime.cdn }),
    },
  };
}

function refuseForeign({ name, foreign }: EdgeServer): void {
  if (foreign === undefined) return;
  throw new CardctlError('usage', `${name} is the foreign bot at ${foreign.url}, no cardbot`, {
    hint: 'run it as it always was; cardbot --name takes the name of a bot of the fleet',
  });
}

async function askedUsername(token: string, apiRoot: string): Promise<string> {
  const api = openBotApi({ token, apiRoot });
  try {
    return ((await api.call('getMe', {})) as { username: string }).username;
  } catch (error) {
    throw new CardctlError('edge', `the Bot API at ${apiRoot} does not say who this bot is`, {
      cause: error,
      hint: 'look at telegram.token and telegram.apiRoot, or set "telegram": {"username": "…"} in cardctl.json',
    });
  } finally {
    await api.close();
  }
}

/** The bots of the other stack. */
function peersOf({ bots, telegram }: Stacks, self: EdgeServer): Peer[] {
  return bots
    .filter(({ stack }) => stack !== self.stack)
    .map(({ address, foreign }): Peer => {
      if (foreign === undefined) return { kind: 'cardbot', url: `http://${address}` };
      return {
        kind: 'foreign',
        url: foreign.url,
        ...(telegram.secretToken !== null && { secretToken: telegram.secretToken }),
      };
    });
}

/** Nginx passes updates on at the path of the foreign bot, to all bots alike. */
function foreignPathOf({ bots }: Stacks): { foreignPath?: string } {
  const url = bots.find(({ foreign }) => foreign !== undefined)?.foreign?.url;
  return url === undefined ? {} : { foreignPath: new URL(url).pathname };
}

function hostAndPort(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: bareHost(address.slice(0, at)), port: Number(address.slice(at + 1)) };
}

function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
