import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeEmbedded, startEmbedded } from '../../../drivers/embedded-postgres.js';
import { refuseUnready } from '../../../edge/ready.js';
import { CardctlError, messageOf } from '../../../lib/errors.js';
import type { ReportEvent } from '../../../lib/report.js';
import { takeSnapshot } from '../../../snapshot/take/index.js';
import { type Assessment, assess } from '../../../steps/assess/index.js';
import type { CutoverPlan } from '../../../steps/cutover/context.js';
import type { Timeline } from '../../../steps/cutover/timeline.js';
import { neededFor } from '../../../steps/gate/proportion.js';
import {
  type RehearsalReport,
  realTimes,
  stepTimes,
  writePauses,
} from '../../../steps/rehearse/report.js';
import type { Deps } from '../../../steps/step.js';
import { type Config, loadConfig } from '../../config/index.js';
import { moveRules } from '../../config/move-rules.js';
import { edgeOf } from '../edge.js';
import { readSourceFacts } from '../move-status.js';
import { scratchNginxCommand, startScratchNginx } from './nginx.js';
import { type Child, startOurs } from './processes.js';
import { type ScratchBot, scratchConfig, WEBHOOK_PATH } from './scratch-config.js';

export interface RehearseRequest {
  config: Config;
  sourcePath: string;
  plan: CutoverPlan;
  players: number;
  /** Updates a second. */
  rps: number;
  /** How long all gates together may take. */
  minutes: number;
  acceptHold: boolean;
}

/**
 * Plays the whole cutover and its rollback on copies: a snapshot of the source, a Postgres, bots and
 * an Nginx of its own, and simulated players. Nothing real is touched but that the source is read;
 * all that was started is ended, and all that was made is removed.
 *
 * @throws CardctlError `refused` when it cannot be rehearsed here; `interrupted`
 */
export async function rehearse(request: RehearseRequest, deps: Deps): Promise<RehearsalReport> {
  const { config, sourcePath } = request;
  if (readSourceFacts(sourcePath).authority.store === 'postgres') throw isMoved();
  const directory = join(config.workDir, 'rehearsals', randomBytes(4).toString('hex'));
  const undo: (() => unknown)[] = [() => rmSync(directory, { recursive: true, force: true })];
  try {
    const nginx = await scratchNginxCommand(directory);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const copyPath = join(directory, 'game.db');
    await takeSnapshot({
      ...deps,
      sourcePath,
      targetPath: copyPath,
      acceptHold: request.acceptHold,
      holdMsMax: config.backup.holdMsMax,
    });
    const assessed = await assess(
      { sourcePath: copyPath, workDir: directory, rules: moveRules(config) },
      deps,
    );
    if (!assessed.canMigrate) return unmovable(assessed);
    undo.push(() => removeEmbedded(directory));
    const { url: targetUrl } = await startEmbedded(directory, { signal: deps.signal });
    const stage = await openStage(request, { directory, copyPath, targetUrl, nginx }, undo);
    return await play(request, stage, assessed, deps, undo);
  } finally {
    for (const each of undo.reverse()) await each();
  }
}

interface Stage {
  config: Config;
  configPath: string;
  bots: readonly ScratchBot[];
  apiListen: string;
  /** Starts the bots of one stack, and waits until they are ready. */
  start(stack: ScratchBot['stack']): Promise<void>;
}

async function openStage(
  request: RehearseRequest,
  places: {
    directory: string;
    copyPath: string;
    targetUrl: string;
    nginx: { command: readonly string[]; version: string };
  },
  undo: (() => unknown)[],
): Promise<Stage> {
  const { directory, copyPath, targetUrl, nginx } = places;
  const bots = await scratchBots(request.config);
  const apiListen = `127.0.0.1:${await freePort()}`;
  const body = scratchConfig(
    request.config,
    {
      ...{ directory, sourcePath: copyPath, targetUrl, apiListen, bots },
      nginx: { ...nginx, listenPort: await freePort(), statusPort: await freePort() },
    },
    { ...request.plan, ...gatesOf(request) },
  );
  const configPath = join(directory, 'cardctl.json');
  writeFileSync(configPath, JSON.stringify(body), { mode: 0o600 });
  const config = loadConfig({
    file: configPath,
    flags: {},
    env: process.env,
    cwd: directory,
    onSecret: () => undefined,
  });
  const server = await startScratchNginx(directory, edgeOf(config), nginx);
  undo.push(() => server.stop());
  return {
    ...{ config, configPath, bots, apiListen },
    start: (stack) => startBots({ config, configPath, bots }, stack, undo),
  };
}

async function startBots(
  { config, configPath, bots }: Pick<Stage, 'config' | 'configPath' | 'bots'>,
  stack: ScratchBot['stack'],
  undo: (() => unknown)[],
): Promise<void> {
  for (const { name } of bots.filter((bot) => bot.stack === stack)) {
    const args = ['--config', configPath, '--name', name, '--log-level', 'error'];
    const bot = startOurs('cardbot', args);
    undo.push(() => bot.stop());
  }
  const servers = config.stacks.bots.filter((bot) => bot.stack === stack);
  const token = config.stacks.runtime.adminToken ?? undefined;
  const untilMs = performance.now() + BOTS_MS_MAX;
  for (;;) {
    const missing = await refuseUnready(servers, { token, timeoutMsMax: 3_000 }).then(
      () => null,
      (error: unknown) => error,
    );
    if (missing === null) return;
    if (performance.now() > untilMs) throw missing;
    await sleep(200);
  }
}

const BOTS_MS_MAX = 60_000;

/** What is played, and what came of it. */
async function play(
  request: RehearseRequest,
  stage: Stage,
  assessed: Assessment,
  deps: Deps,
  undo: (() => unknown)[],
): Promise<RehearsalReport> {
  const place = ['--config', stage.configPath, '--json'];
  await stage.start('legacy');
  const load = await startPlayers(request, stage, place, undo);
  // Pushed behind all that it needs, so that it is ended before them.
  undo.push(() => endFollowers(stage.config.workDir));
  let fleet: Promise<void> | undefined;
  const cutover = startOurs('cardctl', ['cutover', ...place, '--yes', '--no-input'], {
    onLine: (line) => {
      const event = eventIn(line);
      if (event === null) return;
      deps.report(event);
      if (event.type === 'step' && event.step === FLEET_STEP) fleet ??= stage.start('fleet');
      fleet?.catch(() => undefined);
    },
  });
  undo.push(() => cutover.stop());
  const stopAll = () => void cutover.stop('SIGINT');
  deps.signal.addEventListener('abort', stopAll, { once: true });
  const cut = await cutover.ended.finally(() => {
    deps.signal.removeEventListener('abort', stopAll);
  });
  deps.signal.throwIfAborted();
  const { rolledBack, pauses } = await back(cut.exitCode, place, deps);
  const played = await load.stop();
  const timeline = timelineOf(stage.config.workDir);
  const steps = stepTimes(timeline?.entries ?? []);
  return {
    ...endOf(cut),
    pauses: [...writePauses(timeline?.entries ?? []), ...pauses],
    steps: [...steps, ...rolledBack],
    real: realTimes(steps, request.plan, {
      updatesNeeded: updatesNeeded(request.config.cutover.limits),
      updatesPerSecond: request.rps,
    }),
    findings: [
      ...findingsOf(assessed),
      ...standIns(request.config),
      ...(await diskFindings(request, deps)),
    ],
    ...played,
  };
}

/** As `cardctl cutover` names it when it wants the fleet. */
const FLEET_STEP = 'wait for the fleet';

async function startPlayers(
  { players, rps, minutes }: RehearseRequest,
  { apiListen, config }: Stage,
  place: readonly string[],
  undo: (() => unknown)[],
): Promise<{ stop(): Promise<Pick<RehearsalReport, 'players' | 'isBalanced' | 'unbalanced'>> }> {
  const { nginx } = config.stacks;
  let listening: () => void = () => undefined;
  const isThere = new Promise<void>((resolve) => {
    listening = resolve;
  });
  const load = startOurs(
    'cardctl',
    [
      ...['loadtest', ...place, '--check', '--users', `${players}`, '--rps', `${rps}`],
      ...['--duration', `${Math.ceil(minutes * 3)}m`, '--max-errors', '1000000'],
      ...['--api-listen', apiListen],
      ...['--url', `https://127.0.0.1:${nginx.listenPort}${WEBHOOK_PATH}`],
    ],
    {
      // The certificate of the scratch Nginx is known to nobody.
      env: { NODE_EXTRA_CA_CERTS: nginx.certificate },
      onLine: (line) => line.includes('the Bot API answers') && listening(),
    },
  );
  undo.push(() => load.stop());
  const ended = load.ended.then(({ errors, lines }) => {
    throw new CardctlError('internal', `the players did not come: ${errors || lines.at(-1)}`);
  });
  ended.catch(() => undefined);
  await Promise.race([isThere, ended]);
  return { stop: () => playersReport(load) };
}

/** Of moves that are lost or doubled: one is too many. */
const SHOWN_MAX = 10;

async function playersReport(load: Child) {
  await load.stop('SIGINT');
  const { lines } = await load.ended;
  const { result } = JSON.parse(lines.at(-1) ?? '{}');
  if (result === undefined) return { players: null, isBalanced: null, unbalanced: [] };
  const violations: { rule: string; detail: string }[] = result.ledger?.violations ?? [];
  return {
    players: {
      updates: result.updates.acknowledged,
      errors: result.errors.total,
      p99Ms: result.latencyMs.p99,
      writesChecked: result.ledger?.writesChecked ?? 0,
    },
    isBalanced: (result.ledger?.pass ?? null) as boolean | null,
    unbalanced: violations.slice(0, SHOWN_MAX).map(({ rule, detail }) => `${rule}: ${detail}`),
  };
}

/** Also where the gates have taken everything back already: it does no harm, and says so. */
async function back(cutExitCode: number | null, place: readonly string[], { report }: Deps) {
  if (cutExitCode === ROLLED_BACK) return { rolledBack: [], pauses: [] };
  report({ type: 'step', step: 'roll back', state: 'started' });
  const startedMs = performance.now();
  const { exitCode, lines } = await startOurs('cardctl', ['rollback', ...place, '--yes']).ended;
  const seconds = (performance.now() - startedMs) / 1_000;
  const { result, error } = JSON.parse(lines.at(-1) ?? '{}');
  const outcome = exitCode === 0 ? 'all is with the legacy bots again' : `${error?.message}`;
  const state = exitCode === 0 ? 'done' : 'failed';
  report({ type: 'step', step: 'roll back', state, seconds, detail: outcome });
  return {
    rolledBack: [{ step: 'rollback', seconds, outcome }],
    pauses: result?.changed === true ? [{ what: 'rollback', ms: result.pauseMs as number }] : [],
  };
}

const ROLLED_BACK = 8;

function endOf({ exitCode, lines }: { exitCode: number | null; lines: string[] }) {
  const { result, error } = JSON.parse(lines.at(-1) ?? '{}');
  if (exitCode === 0) return { result: 'passed' as const, reason: '' };
  if (exitCode === 9) return { result: 'held' as const, reason: `${result?.reason}` };
  const isBack = exitCode === ROLLED_BACK;
  return {
    result: isBack ? ('rolled back' as const) : ('stopped' as const),
    reason: `${error?.message}`,
  };
}

/** Gates that decide within minutes: of the real limits, those on counts are eased. */
function gatesOf({ config, plan, rps, minutes }: RehearseRequest): object {
  const holdSeconds = Math.max(10, Math.round((minutes * 60) / (plan.steps.length + 1)));
  const atLeast = Math.floor((holdSeconds * rps * (plan.steps[0] ?? 100)) / 100);
  const { limits } = config.cutover;
  return {
    holdSeconds,
    limits: {
      ...limits,
      errorRate: Math.min(0.5, Math.max(limits.errorRate, 6 / Math.max(1, atLeast))),
      samplesMin: Math.max(1, Math.min(limits.samplesMin, Math.floor(atLeast / 3))),
    },
  };
}

function updatesNeeded({ errorRate, samplesMin }: Config['cutover']['limits']): number {
  return Math.max(samplesMin, neededFor(0, errorRate));
}

function timelineOf(workDir: string): Timeline | null {
  const directory = join(workDir, 'timelines');
  try {
    const name = readdirSync(directory).find((each) => each.endsWith('.json'));
    return JSON.parse(readFileSync(join(directory, `${name}`), 'utf8')) as Timeline;
  } catch {
    // It ended before there was anything to tell.
    return null;
  }
}

function findingsOf(assessed: Assessment): string[] {
  return [
    ...assessed.problems.map(
      ({ table, column, message }) => `${table}.${column} cannot be moved: ${message}`,
    ),
    ...assessed.notMoved.map(({ name, reason }) => `not moved: ${name}: ${reason}`),
    ...assessed.brokenForeignKeys.map(
      ({ table, orphans }) => `${orphans} rows of ${table} break a foreign key`,
    ),
    ...assessed.tablesWithoutKey.map(
      (table) => `${table} has no key: its changes cannot be followed`,
    ),
  ];
}

/** Nobody knows how to start somebody's own bot, and which of its effects to leave out. */
function standIns({ stacks }: Config): string[] {
  return stacks.bots
    .filter(({ stack, adminUrl }) => stack === 'legacy' && adminUrl === undefined)
    .map(
      ({ name }) => `${name} is no cardbot: one stood in for it, so its own ways were not tried`,
    );
}

async function diskFindings(
  { config, sourcePath, acceptHold }: RehearseRequest,
  deps: Deps,
): Promise<string[]> {
  const { planBackup } = await import('../../../steps/backup/index.js');
  const { out, holdMsMax } = config.backup;
  const plan = await planBackup({ ...deps, sourcePath, outDir: out, holdMsMax, acceptHold });
  return [
    ...(plan.isDiskTooFull ? [`the disk of ${out} is too full for a backup`] : []),
    ...(plan.isHoldTooLong
      ? [`a backup would hold writers for ${Math.round(plan.holdMsEstimate)} ms`]
      : []),
  ];
}

function unmovable(assessed: Assessment): RehearsalReport {
  const findings = findingsOf(assessed);
  return {
    result: 'cannot be moved',
    reason: findings[0] ?? 'there is nothing in it',
    ...{ pauses: [], steps: [], findings, players: null, isBalanced: null, unbalanced: [] },
    real: { preparing: 0, gates: [], total: 0 },
  };
}

async function scratchBots({ stacks }: Config): Promise<ScratchBot[]> {
  const bots: ScratchBot[] = [];
  for (const { name, stack } of stacks.bots) {
    const address = `127.0.0.1:${await freePort()}`;
    bots.push({ name, stack, address, admin: `http://127.0.0.1:${await freePort()}` });
  }
  return bots;
}

/** One that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

function eventIn(line: string): ReportEvent | null {
  try {
    const event = JSON.parse(line) as { type?: string };
    const isEvent = ['step', 'progress', 'look', 'note'].includes(event.type ?? '');
    return isEvent ? (event as ReportEvent) : null;
  } catch {
    return null;
  }
}

/** Those that the cutover has started outlive it on purpose, and not the rehearsal. */
async function endFollowers(workDir: string): Promise<void> {
  const { readRuns } = await import('../../../journal/runs.js');
  for (const { steps } of readRuns(workDir).runs) {
    for (const { facts } of steps) {
      if (typeof facts?.pid === 'number') await endProcess(facts.pid);
    }
  }
}

async function endProcess(pid: number): Promise<void> {
  for (let waitedMs = 0; isAlive(pid, waitedMs === 0 ? 'SIGTERM' : 0); waitedMs += 50) {
    if (waitedMs > FOLLOW_MS_MAX) isAlive(pid, 'SIGKILL');
    await sleep(50);
  }
}

const FOLLOW_MS_MAX = 10_000;

function isAlive(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw new CardctlError('internal', `process ${pid} cannot be ended: ${messageOf(error)}`);
  }
}

function isMoved(): CardctlError {
  return new CardctlError(
    'refused',
    'Postgres is the authority already: there is nothing left to rehearse',
    {
      hint: 'see where the move stands: cardctl status',
    },
  );
}
