import { filesOf } from '../../../edge/files.js';
import { readUpstreamFiles } from '../../../edge/upstream-file.js';
import { weightsFor } from '../../../edge/weights.js';
import type { RunRecord } from '../../../journal/journal.js';
import type { Cutover, CutoverWork } from '../../../steps/cutover/context.js';
import type { Deps } from '../../../steps/step.js';
import { edgeOf } from '../edge.js';
import { startFollowProcess } from '../follow-process.js';
import { botToken } from '../gate.js';
import { readStanding } from '../standing.js';
import { assessSource, backUp, load, prove, switchAuthorityTo } from './data.js';
import type { CutoverRequest } from './request.js';
import { measure, shiftAndWatch, untilReady, warmer } from './traffic.js';

/** One run of cutover over the real things. */
export async function openCutover(
  request: CutoverRequest,
  journal: RunRecord,
  deps: Deps,
): Promise<Cutover> {
  const { report, clock, signal } = deps;
  const work = cutoverWork(request, journal, deps);
  const standing = await work.look();
  return {
    report,
    clock,
    signal,
    plan: request.plan,
    work,
    journal,
    standing,
    facts: undefined,
    held: null,
  };
}

function cutoverWork(request: CutoverRequest, journal: RunRecord, deps: Deps): CutoverWork {
  const { config, places } = request;
  const { warm } = request;
  return {
    look: () => readStanding(config, places, deps.clock),
    check: () => checkConfig(request),
    assess: () => assessSource(request, deps),
    backUp: () => backUp(request, deps),
    migrate: () => load(request, journal, deps),
    startFollow: async () => {
      const { pid, logPath } = await startFollowProcess(config, places.targetUrl);
      const outcome = `started cardctl follow, process ${pid}: it goes on by itself, its log is ${logPath}`;
      return { outcome, facts: { pid, logPath } };
    },
    verify: () => prove(request, deps),
    warm: warm === null ? null : warmer(warm, deps),
    untilReady: (stacks) => untilReady(config, stacks, deps),
    shift: (percent) => shiftAndWatch(config, percent, deps),
    measure: (standing, title) => measure(request, standing, title, deps),
    switchTo: (store) => switchAuthorityTo(request, store, deps),
  };
}

async function checkConfig({ config, plan }: CutoverRequest): Promise<void> {
  botToken(config);
  for (const percent of plan.steps) weightsFor(config.stacks.bots, percent);
  const edge = edgeOf(config);
  await readUpstreamFiles(filesOf(edge.commands), edge);
}
