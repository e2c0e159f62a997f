import type { EdgeServer } from '../../edge/config.js';
import { judgeObserved } from '../../edge/observe.js';
import type { Observed } from '../../edge/observed-share.js';
import type { Shares } from '../../edge/weights.js';
import { notKnown, type Verdict } from './verdict.js';

/** Whether the fleet, and each server, gets the share of the traffic that it should. */
export function judgeTraffic(observed: Observed | null, shares: Shares<EdgeServer>): Verdict {
  const base = { gate: 'share', limit: shares.fleetPercent, unit: 'percent' };
  if (observed === null) {
    return notKnown(base, 'where requests go is');
  }
  const { requests: samples, servers } = observed;
  const hits = shares.servers
    .filter(({ server }) => server.stack === 'fleet')
    .reduce((sum, { server }) => sum + (servers.get(server.address)?.requests ?? 0), 0);
  const value = samples === 0 ? null : (100 * hits) / samples;
  return { ...base, ...judgeObserved(observed, shares), value, samples };
}
