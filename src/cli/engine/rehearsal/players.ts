import { CardctlError } from '../../../lib/errors.js';
import type { PlayEvent } from '../../../lib/report.js';
import type { PlayedSecond, RehearsalReport } from '../../../steps/rehearse/report.js';
import { edgeOf } from '../edge.js';
import { type Child, startOurs } from './processes.js';
import type { RehearseRequest } from './request.js';
import type { Stage } from './stage.js';

/** Simulated players, at it. */
export interface Players {
  /** What each second of theirs was like so far. */
  readonly seconds: readonly PlayedSecond[];
  stop(): Promise<Pick<RehearsalReport, 'players' | 'isBalanced' | 'unbalanced'>>;
}

/** Starts the simulated players; they play until they are stopped. */
export async function startPlayers(
  { players, rps, minutes }: RehearseRequest,
  { apiListen, config, edge }: Stage,
  place: readonly string[],
  undo: (() => unknown)[],
): Promise<Players> {
  const seconds: PlayedSecond[] = [];
  let errorsBefore = 0;
  const note = (line: string) => {
    const { type, p99Ms, errors } = JSON.parse(line) as PlayEvent;
    if (type !== 'play') return;
    seconds.push({ atMs: Date.now(), p99Ms, errors: errors - errorsBefore });
    errorsBefore = errors;
  };
  const { args, env } = edge.players(edgeOf(config));
  const load = startOurs(
    'cardctl',
    [
      ...['loadtest', ...place, '--check', '--users', `${players}`, '--rps', `${rps}`],
      ...['--duration', `${Math.ceil(minutes * 3)}m`, '--max-errors', '1000000'],
      ...['--api-listen', apiListen, ...args],
    ],
    { env, onLine: note },
  );
  undo.push(() => load.stop());
  if (!(await load.said(/the Bot API answers/))) {
    const { errors, lines } = await load.ended;
    throw new CardctlError('internal', `the players did not come: ${errors || lines.at(-1)}`);
  }
  return { seconds, stop: () => playersReport(load) };
}

/** Of moves that are lost or doubled: one is too many. */
const SHOWN_MAX = 10;

/** Afterwards each acknowledged write is looked up, as many as there were. */
const CHECK_MS_MAX = 300_000;

async function playersReport(load: Child) {
  await load.stop('SIGINT', CHECK_MS_MAX);
  const { lines } = await load.ended;
  const { result } = JSON.parse(lines.at(-1) ?? '{}');
  if (result === undefined) return { players: null, isBalanced: null, unbalanced: [] };
  const violations: { rule: string; detail: string }[] = result.ledger?.violations ?? [];
  return {
    players: {
      updates: result.updates.acknowledged,
      errors: result.errors.total,
      errorsByKind: result.errors.byKind,
      p99Ms: result.latencyMs.p99,
      maxMs: result.latencyMs.max,
      writesChecked: result.ledger?.writesChecked ?? 0,
      messagesPerSecond: messagesIn(result.botApi.calls) / result.seconds,
    },
    isBalanced: (result.ledger?.pass ?? null) as boolean | null,
    unbalanced: violations.slice(0, SHOWN_MAX).map(({ rule, detail }) => `${rule}: ${detail}`),
  };
}

/** Calls that Telegram counts as messages. */
function messagesIn(calls: Record<string, number>): number {
  return Object.entries(calls).reduce(
    (sum, [method, count]) => (method.startsWith('send') ? sum + count : sum),
    0,
  );
}
