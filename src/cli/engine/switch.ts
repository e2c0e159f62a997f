import type { FaultPoint } from '../../lib/fault.js';
import {
  findPromoteChecks,
  type PromoteCheck,
  refuseUnlessAll,
} from '../../steps/promote/checks.js';
import type { Deps } from '../../steps/step.js';
import type { StoreKind } from '../../sync/authority.js';
import { type PairFacts, readPair } from '../../sync/pair.js';
import { type Switched, switchAuthority } from '../../sync/switch.js';
import { openPair, type PairRequest } from './pair.js';

export interface SwitchRequest extends PairRequest {
  to: StoreKind;
  /** Finds out what stands in the way besides the databases: bots, weights, backups. */
  surroundings(): Promise<PromoteCheck[]>;
  drainMsMax: number;
  catchUpMsMax: number;
  backlogMax: number;
  fault: FaultPoint;
}

export interface SwitchReport extends Switched {
  /** A follow process is at work, and goes on in the other direction. */
  isFollowed: boolean;
}

/** What a promote or demote would look at first. */
export async function checkSwitch(
  request: SwitchRequest,
  { signal }: Deps,
): Promise<{ facts: PairFacts; checks: PromoteCheck[] }> {
  const { pair, target, close } = await openPair(request, 'none', signal);
  try {
    const checks = await findPromoteChecks(target, await request.surroundings());
    return { facts: await readPair(pair), checks };
  } finally {
    await close();
  }
}

/** Promote, or demote: checks, then moves the authority. */
export async function switchPair(request: SwitchRequest, deps: Deps): Promise<SwitchReport> {
  const { to, fault } = request;
  const { pair, target, lease, close } = await openPair(request, 'if free', deps.signal);
  try {
    const { authority, unfinished } = await readPair(pair);
    // What was begun is finished, whatever has become of the rest.
    if (authority.store !== to && unfinished === null) {
      refuseUnlessAll(await findPromoteChecks(target, await request.surroundings()));
    }
    const switched = await switchAuthority(
      pair,
      { ...request, applies: lease !== null },
      {
        ...deps,
        fault,
        onPhase: (phase) => deps.report({ type: 'note', level: 'info', message: PHASES[phase] }),
      },
    );
    return { ...switched, isFollowed: lease === null };
  } finally {
    await close();
  }
}

const PHASES = {
  ready: 'the follower is close behind',
  fenced: 'the fence is up: nobody may write, updates are held',
  'caught up': 'the follower has everything',
  taken: 'the other side takes writes',
  done: 'the former side follows',
} as const;
