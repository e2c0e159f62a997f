import { openTarget } from '../../drivers/postgres.js';
import { filesOf } from '../../edge/files.js';
import { generationOf } from '../../edge/render-upstream.js';
import { readUpstreamFiles } from '../../edge/upstream-file.js';
import { weightsFor } from '../../edge/weights.js';
import type { Clock } from '../../lib/clock.js';
import { CardctlError } from '../../lib/errors.js';
import type { GateLimits } from '../../steps/gate/limits.js';
import type { GateSources } from '../../steps/gate/look.js';
import type { ParityReading } from '../../steps/gate/parity.js';
import { watchAccessLog } from '../../steps/gate/sources/access-log.js';
import { scrapeBots } from '../../steps/gate/sources/bots.js';
import { readFollowLag } from '../../steps/gate/sources/follow.js';
import { queryPrometheus } from '../../steps/gate/sources/prometheus.js';
import { readWebhookInfo } from '../../steps/gate/sources/webhook-info.js';
import type { StoreKind } from '../../sync/authority.js';
import { readProof } from '../../sync/postgres/proof.js';
import type { Config } from '../config/index.js';
import { edgeOf } from './edge.js';
import { probeLag } from './lag-probe.js';
import type { Places } from './standing.js';

/** Where the numbers of a gate come from; counted from here on. */
export async function gateSources(
  config: Config,
  places: Places,
  clock: Clock,
): Promise<GateSources> {
  const { bots, runtime, telegram } = config.stacks;
  const token = runtime.adminToken ?? undefined;
  const { prometheus } = config.cutover;
  const fleet = bots.filter(({ stack }) => stack === 'fleet').length;
  const edge = edgeOf(config);
  const files = filesOf(edge.commands);
  const { upstream } = (await readUpstreamFiles(files, edge)).file;
  const { listen } = config.move.follow;
  return {
    metrics:
      prometheus === null
        ? (signal) => scrapeBots({ servers: bots, stack: 'fleet', token }, signal)
        : (signal) =>
            queryPrometheus(
              { ...prometheus, token: prometheus.token ?? undefined, stack: 'fleet', bots: fleet },
              signal,
            ),
    webhook: (signal) =>
      readWebhookInfo({ token: botToken(config), apiRoot: telegram.apiRoot, clock }, signal),
    edge: {
      read: watchAccessLog({ files, path: edge.accessLog, generation: generationOf(upstream) }),
      shares: weightsFor(bots, upstream.percent),
    },
    lag:
      listen === null
        ? (signal) => probeLag(places, clock, signal)
        : (signal) => {
            const url = `http://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
            return readFollowLag({ url, token, clock }, signal);
          },
    parity: () => readParity(places.targetUrl),
  };
}

/**
 * Without Redis there is no hit rate to judge. Nor is there one while SQLite is the authority: the
 * fleet then hands over what it is asked by whoever has played in the last minutes, and its cache is
 * hardly asked at all.
 */
export function gateLimits({ cutover, stacks }: Config, authority: StoreKind): GateLimits {
  return stacks.redis.length === 0 || authority === 'sqlite'
    ? { ...cutover.limits, hitRate: null }
    : cutover.limits;
}

/** @throws CardctlError `usage` without one */
export function botToken({ stacks }: Config): string {
  if (stacks.telegram.token !== null) return stacks.telegram.token;
  throw new CardctlError('usage', 'telegram.token is not configured: Telegram cannot be asked', {
    hint: 'set it in cardctl.json; cardctl init --dry-run prints a commented example',
  });
}

/** A verify that found differences takes the proof away: then nobody knows. */
async function readParity(targetUrl: string): Promise<ParityReading | null> {
  const target = openTarget(targetUrl, { connectTimeoutMs: 5_000 });
  try {
    const proof = await readProof(target);
    return proof === null ? null : { differences: 0, rows: proof.rows };
  } catch (error) {
    throw target.explain(error);
  } finally {
    await target.close();
  }
}
