import { setTimeout as sleep } from 'node:timers/promises';
import { openTarget } from '../../drivers/postgres.js';
import type { Stack } from '../../edge/config.js';
import { filesOf } from '../../edge/files.js';
import { refuseUnready } from '../../edge/ready.js';
import { readUpstreamFiles } from '../../edge/upstream-file.js';
import { weightsFor } from '../../edge/weights.js';
import type { RunRecord } from '../../journal/journal.js';
import { CardctlError, messageOf } from '../../lib/errors.js';
import type {
  Cutover,
  CutoverPlan,
  CutoverWork,
  Decision,
  Done,
  Standing,
} from '../../steps/cutover/context.js';
import { type GateReading, measureGate } from '../../steps/gate/measure.js';
import type { Deps } from '../../steps/step.js';
import type { StoreKind } from '../../sync/authority.js';
import type { Config } from '../config/index.js';
import { formatCount, formatSeconds } from '../render/format.js';
import { edgeOf } from './edge.js';
import { startFollowProcess } from './follow-process.js';
import { botToken, gateLimits, gateSources } from './gate.js';
import { lookEvent } from './look-event.js';
import type { MigrateRequest } from './migrate.js';
import { type Places, readStanding } from './standing.js';
import type { SwitchRequest } from './switch.js';
import type { VerifyOptions } from './verify.js';
import type { WarmRequest } from './warm.js';

export interface CutoverRequest {
  config: Config;
  places: Places;
  plan: CutoverPlan;
  /** How long the gates of a step may take to decide. */
  holdSeconds: number;
  /** Hold the writers of the source for as long as a copy takes. */
  acceptHold: boolean;
  migrate: Omit<MigrateRequest, 'journal'>;
  verify: VerifyOptions;
  /** Null without Redis. */
  warm: WarmRequest | null;
  switchTo(store: StoreKind): Promise<SwitchRequest>;
}

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

/** How much of the traffic is watched behind a shift; its gate watches on. */
const OBSERVED = { requests: 400, secondsMax: 10 };

/** How long bots may take to be ready: they may just have been started, milliseconds. */
const WAIT_MS_MAX = 60_000;

/** How long a bot may take to say that it is ready, milliseconds. */
const READY_MS_MAX = 3_000;

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

async function assessSource(
  { config, places: { sourcePath }, migrate, acceptHold }: CutoverRequest,
  deps: Deps,
): Promise<Done> {
  const { assess } = await import('../../steps/assess/index.js');
  const { workDir, backup } = config;
  const { rules } = migrate.options;
  const { holdMsMax } = backup;
  const { canMigrate, problems, source, expected } = await assess(
    { sourcePath, workDir, rules, holdMsMax, acceptHold },
    deps,
  );
  if (!canMigrate) {
    const told = problems.map(({ table, column, message }) => `  ${table}.${column}: ${message}`);
    throw new CardctlError('refused', `the source cannot be moved:\n${told.join('\n')}`, {
      hint: 'see what can be done about each: cardctl assess',
      details: { problems },
    });
  }
  return {
    outcome: `${formatCount(source.rows)} rows, about ${formatSeconds(expected.load.seconds)} to load`,
    facts: { rows: source.rows, bytes: source.bytes },
  };
}

async function backUp(
  { config, places, acceptHold }: CutoverRequest,
  { report, clock, signal }: Deps,
): Promise<Done> {
  const { writeBackup } = await import('../../steps/backup/index.js');
  const { directory, manifest } = await writeBackup({
    sourcePath: places.sourcePath,
    outDir: config.backup.out,
    keep: config.backup.keep ?? undefined,
    check: true,
    holdMsMax: config.backup.holdMsMax,
    acceptHold,
    report,
    clock,
    signal,
  });
  const { writersHeldMs } = manifest;
  return {
    outcome: `${directory}, writers held ${formatSeconds(writersHeldMs / 1_000)}`,
    facts: { directory, writersHeldMs },
  };
}

async function load(
  { places, migrate: request }: CutoverRequest,
  journal: RunRecord,
  deps: Deps,
): Promise<Done> {
  const { migrate } = await import('./migrate.js');
  const resume = await wasBegun(places.targetUrl);
  const options = { ...request.options, resume };
  const { tables, seconds } = await migrate({ ...request, options, journal }, deps);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return {
    outcome: `${formatCount(rows)} rows in ${formatSeconds(seconds)}, every value compared`,
    facts: { rows, seconds, resumed: resume },
  };
}

async function wasBegun(targetUrl: string): Promise<boolean> {
  const { readMigrationRecord } = await import('../../steps/migrate/scaffolding.js');
  const target = openTarget(targetUrl);
  try {
    return (await readMigrationRecord(await target.connect())) !== null;
  } catch (error) {
    throw target.explain(error);
  } finally {
    await target.close();
  }
}

async function prove({ verify: options }: CutoverRequest, deps: Deps): Promise<Done> {
  const { verify } = await import('./verify.js');
  const { equal, tables, differences, differencesTotal } = await verify(options, deps);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  if (equal) return { outcome: `every value of ${formatCount(rows)} rows`, facts: { rows } };
  const [first] = differences;
  const where = first === undefined ? '' : `, the first at ${first.table} ${first.key}`;
  throw new CardctlError(
    'refused',
    `the two sides differ in ${formatCount(differencesTotal)} places${where}`,
    { hint: 'have them copied again: cardctl verify --repair', details: { differences } },
  );
}

/**
 * Who was active is asked once: that is a pass over the largest tables, which players would feel.
 * Who has come since is in the cache.
 */
function warmer(request: WarmRequest, deps: Deps): () => Promise<Done> {
  let found: readonly bigint[] | undefined;
  return async () => {
    const { warmFleet } = await import('./warm.js');
    const { userIds, keys, seconds } = await warmFleet({ ...request, userIds: found }, deps);
    found = userIds;
    const players = userIds.length;
    return {
      outcome: `${formatCount(keys)} keys of ${formatCount(players)} players`,
      facts: { players, keys, seconds },
    };
  };
}

async function untilReady(
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

async function shiftAndWatch(config: Config, percent: number, deps: Deps): Promise<Done> {
  const { shiftTo } = await import('./shift.js');
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

async function measure(
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

async function switchAuthorityTo(
  request: CutoverRequest,
  store: StoreKind,
  deps: Deps,
): Promise<Done & { epoch: number; isFollowed: boolean }> {
  const { switchPair } = await import('./switch.js');
  const { epoch, changed, pauseMs, isFollowed } = await switchPair(
    await request.switchTo(store),
    deps,
  );
  const outcome = changed
    ? `epoch ${epoch}, writes paused for ${Math.round(pauseMs)} ms`
    : `it was already, epoch ${epoch}`;
  const facts = { authority: store, epoch, changed, pauseMs };
  return { outcome, facts, epoch, isFollowed };
}
