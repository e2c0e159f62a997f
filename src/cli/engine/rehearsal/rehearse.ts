import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeEmbedded, startEmbedded } from '../../../drivers/embedded-postgres.js';
import { CardctlError } from '../../../lib/errors.js';
import type { ReportEvent } from '../../../lib/report.js';
import { takeSnapshot } from '../../../snapshot/take/index.js';
import { type Assessment, assess } from '../../../steps/assess/index.js';
import type { Timeline } from '../../../steps/cutover/timeline.js';
import { neededFor } from '../../../steps/gate/proportion.js';
import {
  playedBetween,
  type RehearsalReport,
  realTimes,
  stepTimes,
  writePauses,
} from '../../../steps/rehearse/report.js';
import type { Deps } from '../../../steps/step.js';
import type { Config } from '../../config/index.js';
import { moveRules } from '../../config/move-rules.js';
import { readSourceFacts } from '../move-status.js';
import { scratchEdge } from './edge.js';
import { diskFindings, findingsOf, messageFindings, standIns } from './findings.js';
import { endFollowers } from './followers.js';
import { rehearsalsIn, sweepRehearsals } from './leftovers.js';
import { type Players, startPlayers } from './players.js';
import { startOurs } from './processes.js';
import type { RehearseRequest } from './request.js';
import { openStage, type Stage } from './stage.js';

/**
 * Plays the whole cutover and its rollback on copies: a snapshot of the source, a Postgres, bots and
 * an Nginx of its own, and simulated players. Nothing real is touched but that the source is read;
 * all that was started is ended, and all that was made is removed. What one has left that was killed
 * goes first.
 *
 * @throws CardctlError `refused` when it cannot be rehearsed here; `interrupted`
 */
export async function rehearse(request: RehearseRequest, deps: Deps): Promise<RehearsalReport> {
  const { config, sourcePath } = request;
  if (readSourceFacts(sourcePath).authority.store === 'postgres') throw isMoved();
  await sweepRehearsals(config.workDir);
  const directory = join(rehearsalsIn(config.workDir), randomBytes(4).toString('hex'));
  const undo: (() => unknown)[] = [() => rmSync(directory, { recursive: true, force: true })];
  try {
    const edge = await scratchEdge(directory);
    for (const message of edge.findings) deps.report({ type: 'note', level: 'warning', message });
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
    const stage = await openStage(request, { directory, copyPath, targetUrl, edge }, undo);
    return await play(request, stage, assessed, deps, undo);
  } finally {
    for (const each of undo.reverse()) await each();
  }
}

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
  const { rolledBack, pauses } = await back(cut.exitCode, place, load, deps);
  const played = await load.stop();
  const timeline = timelineOf(stage.config.workDir);
  const steps = stepTimes(timeline?.entries ?? [], load.seconds);
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
      ...stage.findings,
      ...standIns(request.config),
      ...(played.players === null ? [] : messageFindings(request.config, played.players)),
      ...(await diskFindings(request, deps)),
    ],
    ...played,
  };
}

/** As `cardctl cutover` names it when it wants the fleet. */
const FLEET_STEP = 'wait for the fleet';

/** Also where the gates have taken everything back already: it does no harm, and says so. */
async function back(
  cutExitCode: number | null,
  place: readonly string[],
  load: Players,
  { report }: Deps,
) {
  if (cutExitCode === ROLLED_BACK) return { rolledBack: [], pauses: [] };
  report({ type: 'step', step: 'roll back', state: 'started' });
  const startedMs = Date.now();
  const { exitCode, lines } = await startOurs('cardctl', ['rollback', ...place, '--yes']).ended;
  const endedMs = Date.now();
  const seconds = (endedMs - startedMs) / 1_000;
  const { result, error } = JSON.parse(lines.at(-1) ?? '{}');
  const outcome = exitCode === 0 ? 'all is with the legacy bots again' : `${error?.message}`;
  const played = playedBetween(load.seconds, startedMs, endedMs);
  const state = exitCode === 0 ? 'done' : 'failed';
  report({ type: 'step', step: 'roll back', state, seconds, detail: outcome });
  return {
    rolledBack: [{ step: 'rollback', seconds, outcome, ...played }],
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

function unmovable(assessed: Assessment): RehearsalReport {
  const findings = findingsOf(assessed);
  return {
    result: 'cannot be moved',
    reason: findings[0] ?? 'there is nothing in it',
    ...{ pauses: [], steps: [], findings, players: null, isBalanced: null, unbalanced: [] },
    real: { preparing: 0, gates: [], total: 0 },
  };
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

function isMoved(): CardctlError {
  return new CardctlError(
    'refused',
    'Postgres is the authority already: there is nothing left to rehearse',
    {
      hint: 'see where the move stands: cardctl status',
    },
  );
}
