import { CardctlError } from '../../../lib/errors.js';
import type { RehearsalReport } from '../../../steps/rehearse/report.js';
import { edgeOf } from '../edge.js';
import { type Child, startOurs } from './processes.js';
import type { RehearseRequest } from './request.js';
import type { Stage } from './stage.js';

/** Starts the simulated players; they play until they are stopped. */
export async function startPlayers(
  { players, rps, minutes }: RehearseRequest,
  { apiListen, config, edge }: Stage,
  place: readonly string[],
  undo: (() => unknown)[],
): Promise<{ stop(): Promise<Pick<RehearsalReport, 'players' | 'isBalanced' | 'unbalanced'>> }> {
  const { args, env } = edge.players(edgeOf(config));
  const load = startOurs(
    'cardctl',
    [
      ...['loadtest', ...place, '--check', '--users', `${players}`, '--rps', `${rps}`],
      ...['--duration', `${Math.ceil(minutes * 3)}m`, '--max-errors', '1000000'],
      ...['--api-listen', apiListen, ...args],
    ],
    { env },
  );
  undo.push(() => load.stop());
  if (!(await load.said(/the Bot API answers/))) {
    const { errors, lines } = await load.ended;
    throw new CardctlError('internal', `the players did not come: ${errors || lines.at(-1)}`);
  }
  return { stop: () => playersReport(load) };
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
      p99Ms: result.latencyMs.p99,
      maxMs: result.latencyMs.max,
      writesChecked: result.ledger?.writesChecked ?? 0,
    },
    isBalanced: (result.ledger?.pass ?? null) as boolean | null,
    unbalanced: violations.slice(0, SHOWN_MAX).map(({ rule, detail }) => `${rule}: ${detail}`),
  };
}
