import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../../../edge/config.js';
import { refuseUnready } from '../../../edge/ready.js';
import { messageOf } from '../../../lib/errors.js';
import type { Decision, Done, Standing } from '../../../steps/cutover/context.js';
import { type GateReading, measureGate } from '../../../steps/gate/measure.js';
import type { Deps } from '../../../steps/step.js';
import type { Config } from '../../config/index.js';
import { formatCount } from '../../render/format.js';
import { gateLimits, gateSources } from '../gate.js';
import { lookEvent } from '../look-event.js';
import type { WarmRequest } from '../warm.js';
import type { CutoverRequest } from './request.js';

/** How much of the traffic is watched behind a shift; its gate watches on. */
const OBSERVED = { requests: 400, secondsMax: 10 };

/** How long bots may take to be ready: they may just have been started, milliseconds. */
const WAIT_MS_MAX = 60_000;

/** How long a bot may take to say that it is ready, milliseconds. */
const READY_MS_MAX = 3_000;

/**
 * Who was active is asked once: that is a pass over the largest tables, which players would feel.
 * Who has come since is in the cache.
 */
export function warmer(request: WarmRequest, deps: Deps): () => Promise<Done> {
  let found: readonly bigint[] | undefined;
  return async () => {
    const { warmFleet } = await import('../warm.js');
    const { userIds, keys, seconds } = await warmFleet({ ...request, userIds: found }, deps);
    found = userIds;
    const players = userIds.length;
    return {
      outcome: `${formatCount(keys)} keys of ${formatCount(players)} players`,
      facts: { players, keys, seconds },
    };
  };
}

/** Resolves once all bots of these stacks are ready, or with what is missing after a minute. */
export async function untilReady(
  { stacks }: Config,
  wanted: readonly Stack[],
  { clock, signal, report }: Deps,
): Promise<string | null> {
  const bots = stacks.bots.filter(({ stack }) => wanted.includes(stack));
  const token = stacks.runtime.adminToken ?? undefined;
  const untilMs = clock.monotonicMs() + WAIT_MS_MAX;
  for (let isTold = false; ; isTold = true) {
    const missing = await refuseUnready(bots, { token, timeoutMsMax: READY_MS_MAX, signal }).then(
      () => null,
      messageOf,
    );
    signal.throwIfAborted();
    if (missing === null || clock.monotonicMs() > untilMs) return missing;
    if (!isTold) report({ type: 'note', level: 'info', message: `waiting: ${missing}` });
    await sleep(500, undefined, { signal });
  }
}

/** Moves weights, and holds them against the access log. */
export async function shiftAndWatch(config: Config, percent: number, deps: Deps): Promise<Done> {
  const { shiftTo } = await import('../shift.js');
  const { plan, applied } = await shiftTo(config, { percent, observe: OBSERVED }, deps);
  const { observed, verdict } = applied.proof;
  const servers = plan.shares.servers.map(({ server, weight, sharePercent }) => ({
    name: server.name,
    weight,
    sharePercent,
    requests: observed.servers.get(server.address)?.requests ?? 0,
  }));
  const { fromPercent } = plan;
  return {
    outcome: `${servers.map(({ name, weight }) => `${name} ${weight}`).join(', ')}; ${verdict.reason}`,
    facts: { percent, fromPercent, servers, requests: observed.requests, verdict: verdict.verdict },
  };
}

/** What the gates say of the fleet, once they can decide. */
export async function measure(
  { config, places, holdSeconds }: CutoverRequest,
  standing: Standing,
  step: string,
  deps: Deps,
): Promise<Decision> {
  const sources = await gateSources(config, places, deps.clock);
  let before: GateReading | null = null;
  return measureGate(
    {
      ...{ sources, limits: gateLimits(config, standing.authority), stack: 'fleet', holdSeconds },
      onLook: (reading, verdicts) => {
        deps.report(lookEvent({ step, ...standing }, reading, verdicts, before));
        before = reading;
      },
    },
    deps,
  );
}
