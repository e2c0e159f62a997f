import { Command } from 'commander';
import type { LockHolder } from '../../journal/lock.js';
import type { Run, RunStep } from '../../journal/runs.js';
import { type App, action } from '../app.js';
import type { Config } from '../config/index.js';
import type { MoveStatus } from '../engine/move-status.js';
import type { Invocation, Outcome } from '../invocation.js';
import { movePlaces } from '../move-places.js';
import { moveText } from '../move-text.js';
import { type Next, nextCommand, nextInMove } from '../next-command.js';
import { formatSeconds } from '../render/format.js';

const RUNS_SHOWN = 20;

/** `cardctl status` */
export function statusCommand(app: App): Command {
  return new Command('status')
    .description('say what was done, when, with what result, and what comes next')
    .option(
      '--watch',
      'what gates see, every second until Ctrl-C; with --json an event each; once off a terminal',
    )
    .action(action(app, run));
}

interface StatusFlags {
  watch?: boolean;
}

async function run(invocation: Invocation, { watch }: StatusFlags): Promise<Outcome> {
  const config = await invocation.config();
  const { json, plain, quiet } = invocation.options;
  const isSeen = json || (invocation.output.talkIsTerminal && !plain && !quiet);
  if (watch === true && isSeen) await watchUntilSignal(invocation, config);
  const { readRuns } = await import('../../journal/runs.js');
  const { lockHolders } = await import('../../journal/lock.js');
  const { runs, tornLines } = readRuns(config.workDir);
  const holders = lockHolders(config.workDir);
  if (tornLines > 0) invocation.report(tornNote(tornLines));
  const { moveStatus } = await import('../engine/move-status.js');
  const move = await moveStatus(config);
  const next =
    nextInMove(move, invocation.options) ??
    nextCommand({ runs, isBusy: holders.length > 0, config, options: invocation.options });
  return {
    result: {
      workDir: config.workDir,
      runs: runs.map((it) => shown(it, holders)),
      tornLines,
      move,
      next,
    },
    text: await statusText(invocation, config, { runs, holders, move, next }),
  };
}

async function watchUntilSignal(invocation: Invocation, config: Config): Promise<void> {
  const { watchMove } = await import('../engine/watch.js');
  const step = 'the move, as gates see it';
  const places = movePlaces(config, 'status --watch');
  invocation.report({ type: 'step', step, state: 'started' });
  await watchMove(config, places, step, invocation);
  invocation.report({ type: 'step', step, state: 'done' });
}

function tornNote(count: number) {
  const lines = count === 1 ? '1 line' : `${count} lines`;
  const message = `${lines} of the journal ${count === 1 ? 'is' : 'are'} torn: cardctl was killed while it wrote; what was whole is shown`;
  return { type: 'note', level: 'warning', message } as const;
}

interface Facts {
  runs: readonly Run[];
  holders: readonly LockHolder[];
  move: MoveStatus;
  next: Next;
}

async function statusText(
  { output }: Invocation,
  { workDir }: Config,
  { runs, holders, move, next }: Facts,
): Promise<string> {
  const nextLine = next.command === null ? next.why : `next: ${next.command}   (${next.why})`;
  const moveLines = moveText(move);
  if (runs.length === 0) {
    const nothing = moveLines.length === 0 ? [`nothing was done yet in ${workDir}`] : moveLines;
    return [...nothing, nextLine].join('\n');
  }
  const { formatTable } = await import('../render/table.js');
  const rows = runs.slice(-RUNS_SHOWN).map((it) => rowOf(it, holders));
  const table = formatTable(['when', 'command', 'result', 'time', 'details'], rows, {
    rightAligned: [3],
    color: output.colorData,
  });
  const last = runs.at(-1);
  const steps = last === undefined ? [] : last.steps.map(stepText);
  return [
    table,
    ...(steps.length === 0 ? [] : ['', `steps of the last ${last?.command}:`, ...steps]),
    '',
    ...(moveLines.length === 0 ? [] : [...moveLines, '']),
    nextLine,
  ].join('\n');
}

function rowOf(it: Run, holders: readonly LockHolder[]): string[] {
  return [localTime(it.startedAt), it.command, stateOf(it, holders), timeOf(it), detailOf(it)];
}

function shown(it: Run, holders: readonly LockHolder[]): object {
  return { ...it, state: stateOf(it, holders) };
}

/** A run without an end is going on, or its process is gone. */
function stateOf({ state, command }: Run, holders: readonly LockHolder[]): string {
  if (state !== 'unfinished') return state;
  return holders.some((holder) => holder.command === command) ? 'running' : 'killed';
}

function timeOf({ startedAt, endedAt }: Run | RunStep): string {
  if (endedAt === null) return '';
  return formatSeconds((Date.parse(endedAt) - Date.parse(startedAt)) / 1_000);
}

function detailOf({ error, result, facts }: Run): string {
  if (error !== null) return firstLine(error.message);
  const place = result?.directory ?? result?.path ?? facts.target ?? facts.source;
  return typeof place === 'string' ? place : '';
}

function stepText(step: RunStep): string {
  const time = timeOf(step);
  const outcome = step.outcome === null ? '' : `: ${firstLine(step.outcome)}`;
  return `  ${step.name}: ${step.state}${time === '' ? '' : ` in ${time}`}${outcome}`;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function localTime(iso: string): string {
  const at = new Date(iso);
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
