import { CardctlError } from '../lib/errors.js';
import type { Stack } from './config.js';

/** A whole number that Nginx takes, or out of the rotation. Nginx refuses `weight=0`. */
export type Weight = number | 'down';

export interface ServerShare<Server> {
  server: Server;
  weight: Weight;
  /** Percent of all requests that this weight gives. */
  sharePercent: number;
  /** Percentage points above (below, if negative) the share asked for. */
  deviationPoints: number;
}

export interface Shares<Server> {
  servers: ServerShare<Server>[];
  /** Percent of all requests that the fleet gets. */
  fleetPercent: number;
  deviationPoints: number;
}

/**
 * Weights over all servers together, such that the fleet gets `percent` of the requests: 10% over
 * one legacy and three fleet servers is 27:1:1:1. The smallest that hit the share exactly, else the
 * nearest with no weight above 1000: small weights spread better in Nginx's smooth round robin.
 *
 * @param percent 0 to 100, with one decimal at most; 0 and 100 take the other stack out
 * @throws CardctlError `usage`, for a percentage or a list of servers that makes no sense
 */
export function weightsFor<Server extends { stack: Stack }>(
  servers: readonly Server[],
  percent: number,
): Shares<Server> {
  const wanted = perMilleOf(percent);
  const count = countStacks(servers);
  refuseEmptyStacks(count, wanted);
  const weights = stackWeights(count, wanted);
  const total = weights.legacy * count.legacy + weights.fleet * count.fleet;
  const ofFleet = weights.fleet * count.fleet;
  return {
    servers: servers.map((server) => {
      const weight = weights[server.stack];
      const wantedOfStack = server.stack === 'fleet' ? wanted : 1_000 - wanted;
      return {
        server,
        weight: weight === 0 ? 'down' : weight,
        sharePercent: (100 * weight) / total,
        deviationPoints: points(weight, total, wantedOfStack, count[server.stack]),
      };
    }),
    fleetPercent: (100 * ofFleet) / total,
    deviationPoints: points(ofFleet, total, wanted, 1),
  };
}

const WEIGHT_MAX = 1_000;

type PerStack = Record<Stack, number>;

function perMilleOf(percent: number): number {
  const perMille = Math.round(percent * 10);
  const isShare = percent >= 0 && percent <= 100 && Math.abs(percent * 10 - perMille) < 1e-9;
  if (isShare) return perMille;
  throw new CardctlError('usage', `${percent} is no share of the traffic`, {
    hint: 'Give a percentage from 0 to 100 with one decimal at most, e.g. cardctl shift 12.5',
  });
}

function countStacks(servers: readonly { stack: Stack }[]): PerStack {
  const fleet = servers.filter(({ stack }) => stack === 'fleet').length;
  return { legacy: servers.length - fleet, fleet };
}

function refuseEmptyStacks(count: PerStack, wanted: number): void {
  const empty =
    count.fleet === 0 && wanted > 0
      ? 'fleet'
      : count.legacy === 0 && wanted < 1_000
        ? 'legacy'
        : undefined;
  if (empty === undefined) return;
  throw new CardctlError('usage', `no ${empty} server is there to take its share of the traffic`, {
    hint: `List the ${empty} servers in the configuration, then run: cardctl shift --dry-run`,
  });
}

/** The weight of each server of a stack; 0 stands for `down`. */
function stackWeights(count: PerStack, wanted: number): PerStack {
  if (wanted === 0) return { legacy: 1, fleet: 0 };
  if (wanted === 1_000) return { legacy: 0, fleet: 1 };
  const fleet = wanted * count.legacy;
  const legacy = (1_000 - wanted) * count.fleet;
  const divisor = greatestCommonDivisor(fleet, legacy);
  const exact = { legacy: legacy / divisor, fleet: fleet / divisor };
  if (Math.max(exact.legacy, exact.fleet) <= WEIGHT_MAX) return exact;
  return nearest(count, wanted, exact.fleet / exact.legacy);
}

/** For each weight of the legacy, only two of the fleet's can be best: those around the ratio. */
function nearest(count: PerStack, wanted: number, ratio: number): PerStack {
  let best: PerStack = { legacy: 1, fleet: 1 };
  for (let legacy = 1; legacy <= WEIGHT_MAX; legacy++) {
    for (const fleet of [Math.floor(ratio * legacy), Math.ceil(ratio * legacy)]) {
      const candidate = { legacy, fleet: Math.min(Math.max(fleet, 1), WEIGHT_MAX) };
      if (offBy(candidate, count, wanted) < offBy(best, count, wanted)) best = candidate;
    }
  }
  return best;
}

function offBy(weights: PerStack, count: PerStack, wanted: number): number {
  const fleet = weights.fleet * count.fleet;
  return Math.abs(points(fleet, fleet + weights.legacy * count.legacy, wanted, 1));
}

/** How far part/total is from wanted/(1000 × among), in points. Zero is exactly zero. */
function points(part: number, total: number, wanted: number, among: number): number {
  const off = part * 1_000 * among - wanted * total;
  return off === 0 ? 0 : (100 * off) / (total * 1_000 * among);
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}
