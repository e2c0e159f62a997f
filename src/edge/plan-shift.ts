import type { EdgeConfig, EdgeServer } from './config.js';
import { readUpstream } from './read-upstream.js';
import { generationOf, renderUpstream, type Upstream } from './render-upstream.js';
import { unifiedDiff } from './unified-diff.js';
import { type Shares, weightsFor } from './weights.js';

export interface ShiftPlan {
  /** The share of the fleet in the present file, percent; undefined when there is no file. */
  fromPercent: number | undefined;
  percent: number;
  shares: Shares<EdgeServer>;
  next: Upstream;
  generation: string;
  /** The next file, and how it differs from the present one. */
  text: string;
  diff: string;
}

/**
 * What a shift would do, from the text of the present upstream file alone: no Nginx and no server is
 * asked. Without a file it is the plan of the first.
 *
 * @throws CardctlError `usage`, for a share or a configuration that makes no sense; `refused`, when
 *   the present file was not written by cardctl
 */
export function planShift(
  config: EdgeConfig,
  percent: number,
  presentText: string | undefined,
): ShiftPlan {
  const { upstreamFile, upstreamName, servers } = config;
  const present = presentText === undefined ? undefined : readUpstream(presentText, upstreamFile);
  const shares = weightsFor(servers, percent);
  const next: Upstream = {
    name: upstreamName,
    number: (present?.number ?? 0) + 1,
    percent,
    servers: shares.servers.map(({ server: { name, stack, address }, weight }) => {
      return { name, stack, address, weight };
    }),
    ...(isForeignServed(shares) && { keepAliveSeconds: FOREIGN_KEEP_ALIVE_SECONDS }),
  };
  const text = renderUpstream(next);
  return {
    fromPercent: present?.percent,
    percent,
    shares,
    next,
    generation: generationOf(next),
    text,
    diff: unifiedDiff(upstreamFile, presentText ?? '', text),
  };
}

/** Many servers of other makes close an idle connection after 5 s. */
const FOREIGN_KEEP_ALIVE_SECONDS = 4;

function isForeignServed({ servers }: Shares<EdgeServer>): boolean {
  return servers.some(({ server, weight }) => server.foreign !== undefined && weight !== 'down');
}
