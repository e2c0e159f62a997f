import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { readConfigFile } from '../../config/file.js';
import type { Config } from '../../config/index.js';
import { Problems } from '../../config/problems.js';

/** One bot of a rehearsal, on this machine. */
export interface ScratchBot {
  name: string;
  stack: 'legacy' | 'fleet';
  address: string;
  admin: string;
}

export interface ScratchPlaces {
  directory: string;
  sourcePath: string;
  targetUrl: string;
  /** Where the bots find the Bot API. */
  apiListen: string;
  bots: readonly ScratchBot[];
  /** None where the real game has none, or this machine has not. */
  redisUrl: string | null;
  nginx: {
    listenPort: number;
    statusPort: number;
    /** How a new upstream file is tested and put in force. */
    test: readonly string[];
    reload: readonly string[];
  };
}

/** What is said of the data, and how the move is done: the same as for the real one. */
const SAME = ['types', 'onBadValue', 'skip', 'migrate', 'promote'];

/** Long, as Nginx is only ever told of one that nobody guesses. */
export const WEBHOOK_PATH = '/hook-rehearsal-0123456789';

/**
 * The configuration of a rehearsal: what the real one says of data and move, and nothing of what it
 * says of places. No secret of the real game is in it.
 *
 * @param cutover its steps, and gates that can decide within minutes
 */
export function scratchConfig(
  config: Config,
  { directory, sourcePath, targetUrl, apiListen, bots, redisUrl, nginx }: ScratchPlaces,
  cutover: object,
): Record<string, unknown> {
  const raw = config.file === null ? {} : readConfigFile(config.file, new Problems());
  const same = Object.entries(raw).filter(([key]) => SAME.includes(key));
  const { runtime } = config.stacks;
  return {
    ...Object.fromEntries(same),
    migrate: { ...(raw.migrate as object), jobs: jobsBesidePlayers(config.migrate.jobs) },
    source: sourcePath,
    target: { url: targetUrl },
    workDir: join(directory, 'work'),
    backup: {
      ...(config.backup.holdMsMax !== undefined && { holdMsMax: config.backup.holdMsMax }),
    },
    telegram: {
      token: `1:${secret()}`,
      secretToken: secret(),
      webhookPath: WEBHOOK_PATH,
      apiRoot: `http://${apiListen}`,
      username: 'rehearsal_bot',
    },
    runtime: {
      adminToken: secret(),
      peerSecret: secret(),
      timeZone: runtime.timeZone,
      images: runtime.images,
      // How many there are is found out: see `findings.ts`.
      messagesPerSecond: ANY_NUMBER,
      ...(runtime.cdn !== null && { cdn: runtime.cdn }),
    },
    bots,
    ...(redisUrl !== null && { redis: redisUrl }),
    nginx: {
      ...nginxFiles(directory),
      serverName: 'rehearsal',
      listenPort: nginx.listenPort,
      accessLog: join(directory, 'webhook.log'),
      statusUrl: `http://127.0.0.1:${nginx.statusPort}/generation`,
      test: nginx.test,
      reload: nginx.reload,
    },
    cutover,
  };
}

/** The real players are served by other machines than the one that loads. */
function jobsBesidePlayers(jobs: number): number {
  return Math.max(1, Math.min(jobs, availableParallelism() - 1));
}

/** Of messages a second. */
const ANY_NUMBER = 100_000;

/** Of the scratch Nginx. */
export function nginxFiles(directory: string) {
  return {
    upstreamFile: join(directory, 'upstream.conf'),
    serverFile: join(directory, 'server.conf'),
    certificate: join(directory, 'certificate.pem'),
    certificateKey: join(directory, 'certificate-key.pem'),
  };
}

export function secret(): string {
  return randomBytes(18).toString('base64url');
}
