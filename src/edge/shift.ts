import { CardctlError } from '../lib/errors.js';
import { type Applied, type ApplyStage, applyUpstream } from './apply-upstream.js';
import { judgeObserved, observe } from './observe.js';
import { endOfLog, type Observed } from './observed-share.js';
import { planShift, type ShiftPlan } from './plan-shift.js';
import type { EdgeSurroundings } from './put-back.js';
import { type ReadyOptions, refuseUnready } from './ready.js';
import { type Recovered, recoverUpstream } from './recover-upstream.js';
import type { ShareVerdict } from './sampling.js';
import { readUpstreamFiles } from './upstream-file.js';

export interface ShiftOptions extends EdgeSurroundings {
  /** Of the traffic, to the fleet. */
  percent: number;
  /** How long to watch where requests go: until there are enough, or the time is over. */
  observe: { requests: number; secondsMax: number };
  ready: Omit<ReadyOptions, 'signal'>;
  /** Told that a change that was cut short has been settled, and how. */
  onRecovered?: ((recovered: Recovered) => void) | undefined;
  onStage?: ((stage: ApplyStage) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface ShiftResult {
  plan: ShiftPlan;
  applied: Applied<ObservedShare>;
  /** Names of the servers that have no admin URL. */
  notAsked: string[];
}

export interface ObservedShare {
  observed: Observed;
  /** `pass`, or `hold` when too few requests came: the new share stands either way. */
  verdict: ShareVerdict;
}

/**
 * Shifts the traffic: settles what an earlier run left, asks the servers that are to get requests,
 * puts the new weights in force and watches where requests go. If they go elsewhere than they
 * should, the last good file is put back. An abort while watching holds the new share.
 *
 * @throws CardctlError as `planShift`, `refuseUnready` and `applyUpstream` do; `rolled-back`, with
 *   `details.verdict`, when requests did not go where they should
 */
export async function shift(options: ShiftOptions): Promise<ShiftResult> {
  const { config, files, percent, ready, signal } = options;
  const recovered = await recoverUpstream(options);
  if (recovered !== undefined) options.onRecovered?.(recovered);
  const { file } = await readUpstreamFiles(files, config);
  const plan = planShift(config, percent, file.text);
  const serving = plan.shares.servers.filter(({ weight }) => weight !== 'down');
  const notAsked = await refuseUnready(
    serving.map(({ server }) => server),
    { ...ready, signal },
  );
  const from = await endOfLog(files, config.accessLog);
  const prove = async (): Promise<ObservedShare> => {
    const { accessLog } = config;
    const { generation } = plan;
    const observed = await observe({ ...options, ...options.observe, accessLog, generation, from });
    const verdict = judgeObserved(observed, plan.shares);
    if (verdict.verdict !== 'fail') return { observed, verdict };
    throw new CardctlError(
      'rolled-back',
      `requests do not go where they should: ${verdict.reason}`,
      {
        hint: 'See which server Nginx takes for failed in its error log; then run the shift again.',
        details: { verdict },
      },
    );
  };
  const applied = await applyUpstream(plan.next, { ...options, prove });
  return { plan, applied, notAsked };
}
