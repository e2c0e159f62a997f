import { Command, InvalidArgumentError } from 'commander';
import type { CutoverPlan } from '../../steps/cutover/context.js';
import type { CutoverEnd } from '../../steps/cutover/run.js';
import { type App, action } from '../app.js';
import type { Config } from '../config/index.js';
import { moveRules } from '../config/move-rules.js';
import type { CutoverRequest } from '../engine/cutover/request.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { Invocation, Outcome } from '../invocation.js';
import { migrateOptions, prepareLedger } from '../migrate-options.js';
import { movePlaces } from '../move-places.js';
import { recordedRun } from '../recorded-run.js';
import { samePlace, shellLine } from '../shell.js';
import { switchRequest } from '../switch-request.js';
import { warmPlaces } from '../warm-places.js';
import { wholeNumber } from '../whole-number.js';

interface CutoverFlags {
  steps?: number[];
  promoteAfter?: number;
  hold?: number;
  acceptHold?: boolean;
}

/** `cardctl cutover` */
export function cutoverCommand(app: App): Command {
  return new Command('cutover')
    .description('the whole move, step by step through its gates; again: goes on where it stopped')
    .option('--steps <list>', 'percent of the traffic to the fleet, e.g. 10,25,50,100', stepsOf)
    .option(
      '--promote-after <n>',
      'the step behind which Postgres becomes the authority',
      wholeNumber,
    )
    .option(
      '--hold <s>',
      'how long the gates of a step may take to decide (default: 900)',
      wholeNumber,
    )
    .option('--accept-hold', 'hold the writers of the source for as long as a copy takes')
    .action(action(app, (invocation, flags: CutoverFlags) => run(invocation, flags, app.env)));
}

async function run(
  invocation: Invocation,
  flags: CutoverFlags,
  env: NodeJS.ProcessEnv,
): Promise<Outcome> {
  const config = await invocation.config();
  const { planCutover } = await import('../../steps/cutover/plan.js');
  const plan = planCutover(
    {
      steps: flags.steps ?? config.cutover.steps,
      promoteAfter: flags.promoteAfter ?? config.cutover.promoteAfter,
      isPromoteAfterGiven: flags.promoteAfter !== undefined,
    },
    config.stacks.bots,
  );
  const request = await cutoverRequest(invocation, config, plan, flags, env);
  if (invocation.options.dryRun) return planned(request, invocation);
  const { readRuns } = await import('../../journal/runs.js');
  const { isAtItsEnd, isGoingBack } = await import('../../steps/cutover/going-back.js');
  const { runs } = readRuns(config.workDir);
  if (isAtItsEnd(runs)) return done({ end: 'done' }, invocation);
  const goesBack = isGoingBack(runs);
  await invocation.confirm(
    goesBack
      ? 'An earlier run was on its way back. Go on with that?'
      : `Move the game: ${plan.steps.join('%, ')}% of the traffic, Postgres the authority after ${plan.promoteAfter}%?`,
  );
  const { openCutover } = await import('../engine/cutover/open.js');
  const { runCutover } = await import('../../steps/cutover/run.js');
  const facts = { ...plan, holdSeconds: request.holdSeconds };
  const { timelinePath, writeTimeline } = await import('../engine/cutover/write-timeline.js');
  let id: string | undefined;
  try {
    return await recordedRun(invocation, config, facts, async (journal) => {
      id = journal.id;
      const cutover = await openCutover(request, journal, invocation);
      return done(await runCutover(cutover, goesBack), invocation);
    });
  } finally {
    if (id !== undefined) {
      writeTimeline(config.workDir, id);
      const message = `timeline: ${timelinePath(config.workDir, id)}`;
      invocation.report({ type: 'note', level: 'info', message });
    }
  }
}

async function planned(request: CutoverRequest, invocation: Invocation): Promise<Outcome> {
  const { planOfCutover } = await import('../engine/cutover/plan.js');
  const { cutoverPlanText } = await import('../render/cutover-plan.js');
  const plan = await planOfCutover(request, invocation);
  return { result: plan, text: cutoverPlanText(plan, { color: invocation.output.colorData }) };
}

/** All that a cutover needs to know. */
async function cutoverRequest(
  invocation: Invocation,
  config: Config,
  plan: CutoverPlan,
  { hold, acceptHold = false }: CutoverFlags,
  env: NodeJS.ProcessEnv,
): Promise<CutoverRequest> {
  const places = movePlaces(config, 'cutover');
  const { sourcePath, targetUrl } = places;
  const { workDir } = config;
  const [redisUrl, ...others] = config.stacks.redis;
  const rules = moveRules(config);
  return {
    config,
    places,
    plan,
    holdSeconds: hold ?? config.cutover.holdSeconds,
    acceptHold,
    migrate: {
      sourcePath,
      targetUrl,
      workDir,
      options: await migrateOptions(invocation, config, { verify: true, follow: true, acceptHold }),
      prepareSource: () => prepareLedger(config),
    },
    verify: {
      ...{ sourcePath, targetUrl, workDir, rules },
      ...{ counts: false, tables: [], limit: 20, repair: false },
      ...{ holdMsMax: config.backup.holdMsMax, acceptHold },
    },
    warm:
      redisUrl === undefined
        ? null
        : { ...warmPlaces(config, targetUrl, [redisUrl, ...others]), ...WARM },
    switchTo: (store) => switchRequest(config, 'cutover', store, true, env),
  };
}

/** As `cardctl warm` has it unless told otherwise. */
const WARM = { activeDays: 7, rate: 50_000 };

function done(end: CutoverEnd, { options }: Invocation): Outcome {
  const next = (...words: string[]) => shellLine(['cardctl', ...words, ...samePlace(options)]);
  if (end.end === 'held') {
    const { reason, verdicts } = end.decision;
    return {
      result: { end: 'held', reason, verdicts },
      text: [
        `holding: ${reason}`,
        `measure again and go on: ${next('cutover')}   keep measuring: ${next('cutover', '--hold', '3600')}`,
        `go back: ${next('rollback')}`,
      ].join('\n'),
      exitCode: EXIT_CODES.undecided,
    };
  }
  return {
    result: { end: 'done' },
    text: [
      'all traffic goes to the fleet, Postgres is the authority, and SQLite follows: until it is ended there is a way back',
      `go back: ${next('rollback')}`,
      `next: ${next('finish')}   (when you are sure: the point of no return)`,
    ].join('\n'),
  };
}

function stepsOf(text: string): number[] {
  if (/^\d{1,3}(,\d{1,3})*$/.test(text)) return text.split(',').map(Number);
  throw new InvalidArgumentError('expected whole percentages, such as 10,25,50,100');
}
