import { weightsFor } from '../../../edge/weights.js';
import { messageOf } from '../../../lib/errors.js';
import type { CutoverPlan } from '../../../steps/cutover/context.js';
import type { GateLimits } from '../../../steps/gate/limits.js';
import { neededFor } from '../../../steps/gate/proportion.js';
import type { Deps } from '../../../steps/step.js';
import type { Config } from '../../config/index.js';
import type { CutoverRequest } from './request.js';

/** What a cutover would do. Plain data, fit for JSON. */
export interface PlannedCutover extends CutoverPlan {
  weights: PlannedWeights[];
  limits: GateLimits;
  holdSeconds: number;
  /** Answered by the fleet without a failure: fewer pass no gate. */
  updatesNeeded: number;
  /** Null when the source cannot be looked at. */
  expected: ExpectedSeconds | null;
  /** What would stand in the way, as far as it is seen without servers. */
  problems: string[];
}

export interface PlannedWeights {
  percent: number;
  servers: { name: string; weight: number | 'down'; sharePercent: number }[];
  /** Of all updates that have to come for the gate to decide, to either stack. */
  updatesInAll: number;
}

export interface ExpectedSeconds {
  backup: number;
  writersHeld: number;
  load: number;
}

/** Of updates that may be slower than the limit of the latency gate. */
const SLOW = 0.01;

/** Says what a cutover would do, from configuration and source alone; no server is asked. */
export async function planOfCutover(
  { config, plan, places, holdSeconds, migrate, acceptHold }: CutoverRequest,
  deps: Deps,
): Promise<PlannedCutover> {
  const { limits } = config.cutover;
  const updatesNeeded = Math.max(
    limits.samplesMin,
    neededFor(0, limits.errorRate),
    neededFor(0, SLOW),
  );
  const problems: string[] = [];
  const expected = await expectedSeconds(
    { sourcePath: places.sourcePath, acceptHold, rules: migrate.options.rules },
    config,
    deps,
  ).catch((error: unknown) => {
    problems.push(messageOf(error));
    return null;
  });
  return {
    ...plan,
    limits,
    holdSeconds,
    updatesNeeded,
    weights: plan.steps.map((percent) => {
      const shares = weightsFor(config.stacks.bots, percent);
      return {
        percent,
        servers: shares.servers.map(({ server, weight, sharePercent }) => {
          return { name: server.name, weight, sharePercent };
        }),
        updatesInAll: Math.ceil((100 * updatesNeeded) / percent),
      };
    }),
    expected,
    problems,
  };
}

async function expectedSeconds(
  options: Pick<CutoverRequest, 'acceptHold'> & {
    sourcePath: string;
    rules: CutoverRequest['migrate']['options']['rules'];
  },
  { backup, workDir, migrate }: Config,
  deps: Deps,
): Promise<ExpectedSeconds> {
  const { planBackup } = await import('../../../steps/backup/index.js');
  const { planMigration } = await import('../../../steps/migrate/dry-run.js');
  const { brokenForeignKeys } = migrate;
  const hold = { holdMsMax: backup.holdMsMax, acceptHold: options.acceptHold };
  const planned = await planBackup({ ...options, ...hold, ...deps, outDir: backup.out });
  const { holdMsMax, ...rest } = hold;
  const { expected } = await planMigration(
    {
      ...{ ...options, ...rest, workDir, brokenForeignKeys },
      ...(holdMsMax !== undefined && { holdMsMax }),
    },
    deps,
  );
  return {
    backup: planned.secondsEstimate,
    writersHeld: planned.holdMsEstimate / 1_000,
    load: expected.seconds,
  };
}
