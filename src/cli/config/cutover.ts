import type { GateLimits } from '../../steps/gate/limits.js';
import type { Problems } from './problems.js';
import type { Body } from './schema.js';
import { secretOf } from './secret.js';
import type { Place } from './validate.js';

/** How the traffic and the authority move, and what has to be right before each step. */
export interface Cutover {
  /** Percent of the traffic to the fleet, rising to 100. */
  readonly steps: readonly number[];
  /** One of `steps`: behind it the authority moves to the target. */
  readonly promoteAfter: number;
  /** How long the gates of a step may take to decide. */
  readonly holdSeconds: number;
  /** Null: the bots are asked themselves. */
  readonly prometheus: { readonly url: string; readonly token: string | null } | null;
  readonly limits: GateLimits;
}

const STEPS = [10, 25, 50, 100];

const PROMOTE_AFTER = 50;

const LIMITS: GateLimits = {
  errorRate: 0.001,
  p99Ms: 500,
  lagMs: 1_000,
  pendingUpdates: 100,
  updateAgeS: 10,
  hitRate: 0.7,
  samplesMin: 1_000,
};

/** The part of a configuration that is about the cutover, with its defaults. */
export function cutoverOf(
  cutover: Body['cutover'],
  input: { place: Place; directory: string },
  problems: Problems,
  onSecret: (secret: string) => void,
): Cutover {
  const { steps = STEPS, promoteAfter = PROMOTE_AFTER, prometheus, limits = {} } = cutover ?? {};
  if (!steps.includes(promoteAfter)) {
    const named = input.place.nameOf(['cutover', 'promoteAfter']);
    const choices = steps.join(', ');
    problems.add(named.from, named.path, `${promoteAfter} is none of the steps: ${choices}`);
  }
  const token =
    prometheus?.token === undefined
      ? undefined
      : secretOf(prometheus.token, ['cutover', 'prometheus', 'token'], input, problems);
  if (token !== undefined) onSecret(token);
  return {
    steps,
    promoteAfter,
    holdSeconds: cutover?.holdSeconds ?? 900,
    prometheus: prometheus === undefined ? null : { url: prometheus.url, token: token ?? null },
    limits: { ...LIMITS, ...given(limits) },
  };
}

function given(limits: NonNullable<NonNullable<Body['cutover']>['limits']>): Partial<GateLimits> {
  const entries = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  return Object.fromEntries(entries);
}
