import type { Run, RunStep } from '../../journal/runs.js';
import type { StoreKind } from '../../sync/authority.js';
import type { Decision } from './context.js';
import { ROLLBACK } from './roll-back.js';

/** What happened in a move, from the first run of its cutover to the end of this one. */
export interface Timeline {
  version: 1;
  /** Of the run whose end this is. */
  run: string;
  /** UTC, ISO 8601. */
  beganAt: string;
  endedAt: string;
  result: 'done' | 'holding' | 'rolled back' | 'stopped' | 'interrupted' | 'failed';
  /** Why it ended so; empty when it is done. */
  reason: string;
  /** In order of their beginning. */
  entries: TimelineEntry[];
}

export interface TimelineEntry {
  run: string;
  command: string;
  /** As in the journal; the command's own name for one without steps. */
  step: string;
  beganAt: string;
  /** Null for what was killed. */
  endedAt: string | null;
  state: 'done' | 'failed' | 'killed';
  /** Without addresses, paths or links. */
  outcome: string;
  /** Of the traffic to the fleet from here on; null where nothing changed. */
  percent: number | null;
  /** From here on; null where nothing changed. */
  authority: { store: StoreKind; epoch: number; pauseMs: number } | null;
  /** How long the writers of the source were held for a copy, milliseconds; null where none was made. */
  writersHeldMs: number | null;
  verdicts: Decision['verdicts'];
}

/** By hand or within a cutover: what moves traffic or authority. */
const MOVING = ['cutover', 'rollback', 'shift', 'promote', 'demote'];

/**
 * Makes the timeline of a cutover from what the journal tells.
 *
 * @param runs oldest first
 * @param id of the cutover's run that has just ended
 */
export function timelineOf(runs: readonly Run[], id: string): Timeline | null {
  const last = runs.find((run) => run.id === id);
  if (last === undefined) return null;
  const told = runsOfMove(runs, last);
  return {
    version: 1,
    run: id,
    beganAt: (told[0] ?? last).startedAt,
    endedAt: last.endedAt ?? last.startedAt,
    ...endOf(last),
    entries: told.flatMap((run) => entriesOf(run)),
  };
}

/** Back to the first cutover behind the last one that came to an end, whichever. */
function runsOfMove(runs: readonly Run[], last: Run): Run[] {
  const before = runs
    .slice(0, runs.indexOf(last))
    .filter(({ command }) => MOVING.includes(command));
  const since = before.slice(before.findLastIndex(isEnd) + 1);
  const first = since.findIndex(({ command, steps }) => command === 'cutover' && steps.length > 0);
  return [...(first < 0 ? [] : since.slice(first)), last];
}

function isEnd({ command, state, result, error }: Run): boolean {
  if (command === 'rollback') return state === 'done';
  return command === 'cutover' && (result?.end === 'done' || error?.code === 'rolled-back');
}

function endOf({ state, result, error }: Run): Pick<Timeline, 'result' | 'reason'> {
  if (error !== null) {
    const results: Record<string, Timeline['result']> = {
      'rolled-back': 'rolled back',
      partway: 'stopped',
      interrupted: 'interrupted',
    };
    return { result: results[error.code] ?? 'failed', reason: withoutPlaces(error.message) };
  }
  if (result?.end === 'held')
    return { result: 'holding', reason: withoutPlaces(`${result.reason}`) };
  return { result: state === 'done' ? 'done' : 'stopped', reason: '' };
}

function entriesOf(run: Run): TimelineEntry[] {
  const { command, steps } = run;
  if (command === 'cutover') return steps.map((step) => entryOf(run, step));
  const { startedAt, endedAt, state, error, result } = run;
  const whole: RunStep = {
    name: command,
    state,
    startedAt,
    endedAt,
    outcome: error?.message ?? 'by hand',
    // A switch by hand says where to, a shift how much.
    facts: { ...result, ...(result?.changed === true && { authority: result.to }) },
  };
  return [entryOf(run, whole)];
}

function entryOf({ id, command }: Run, step: RunStep): TimelineEntry {
  const { name, startedAt, endedAt, state, outcome, facts } = step;
  return {
    run: id,
    command,
    step: name,
    beganAt: startedAt,
    endedAt,
    state: state === 'unfinished' ? 'killed' : state,
    outcome: withoutPlaces(outcome ?? ''),
    percent: isShift(step) ? numberIn(facts, 'percent') : null,
    authority: authorityIn(facts),
    writersHeldMs: numberIn(facts, 'writersHeldMs'),
    verdicts: (Array.isArray(facts?.verdicts) ? (facts.verdicts as Decision['verdicts']) : []).map(
      (verdict) => ({ ...verdict, reason: withoutPlaces(verdict.reason) }),
    ),
  };
}

/** A gate tells the share too, but does not change it. */
function isShift({ name, facts }: RunStep): boolean {
  return name !== ROLLBACK && !Array.isArray(facts?.verdicts);
}

function authorityIn(facts: RunStep['facts']): TimelineEntry['authority'] {
  const store = facts?.authority;
  if (facts?.changed !== true || (store !== 'sqlite' && store !== 'postgres')) return null;
  return { store, epoch: numberIn(facts, 'epoch') ?? 0, pauseMs: numberIn(facts, 'pauseMs') ?? 0 };
}

function numberIn(facts: RunStep['facts'], key: string): number | null {
  const value = facts?.[key];
  return typeof value === 'number' ? value : null;
}

/** What others have no use for, and some have no business to know: URLs, addresses, directories. */
export function withoutPlaces(text: string): string {
  return text
    .replaceAll(/\b[a-z][a-z\d+.-]*:\/\/[^\s,;)]+/gi, '(URL)')
    .replaceAll(/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '(address)')
    .replaceAll(/\[[\da-f:]*:[\da-f:]*\](?::\d+)?/gi, '(address)')
    .replaceAll(/(?<![\w)])(?:\/[\w.@+-]+)+\/([\w.@+-]+)/g, '$1');
}
