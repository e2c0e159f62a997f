import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CardctlError, codeOf, messageOf } from '../lib/errors.js';
import { JOURNAL_NAME } from './journal.js';
import { type JournalLine, parseLine } from './lines.js';

export interface RunStep {
  name: string;
  state: 'unfinished' | 'done' | 'failed';
  startedAt: string;
  endedAt: string | null;
  outcome: string | null;
  /** The numbers of the outcome; null where there are none. */
  facts: Record<string, unknown> | null;
}

/** A run as the journal tells it. `unfinished`: it is still going on, or it was killed. */
export interface Run {
  id: string;
  command: string;
  state: 'unfinished' | 'done' | 'failed';
  startedAt: string;
  endedAt: string | null;
  facts: Record<string, unknown>;
  steps: RunStep[];
  result: Record<string, unknown> | null;
  error: { code: string; message: string } | null;
}

export interface JournalContent {
  /** Oldest first. */
  runs: Run[];
  /** Lines that are not whole: a process was killed while it wrote them. */
  tornLines: number;
}

/**
 * Reads what a work directory's journal tells. No journal is an empty one.
 *
 * @throws CardctlError `usage` when it is there and cannot be read
 */
export function readRuns(workDir: string): JournalContent {
  const texts = readJournal(join(workDir, JOURNAL_NAME))
    .split('\n')
    .filter((text) => text !== '');
  const lines = texts.map(parseLine).filter((line) => line !== undefined);
  const runs = new Map<string, Run>();
  for (const line of lines) apply(line, runs);
  return { runs: [...runs.values()], tornLines: texts.length - lines.length };
}

/**
 * The run of a command that stopped part-way, or was killed, and was not done since. Runs that
 * failed before they changed anything do not count.
 */
export function stoppedRun(runs: readonly Run[], command: string): Run | undefined {
  const last = runs.findLast(
    (run) => run.command === command && (run.state !== 'failed' || run.error?.code === 'partway'),
  );
  return last?.state === 'done' ? undefined : last;
}

function readJournal(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw new CardctlError('usage', `cannot read the journal ${path}: ${messageOf(error)}`, {
      hint: 'name the right work directory with --work-dir DIR',
      cause: error,
    });
  }
}

function apply(line: JournalLine, runs: Map<string, Run>): void {
  const run = runs.get(line.run) ?? emptyRun(line);
  runs.set(line.run, run);
  if (line.event === 'run started') run.facts = line.facts ?? {};
  else if (line.event === 'step started') run.steps.push(startedStep(line));
  else if (line.event === 'step done' || line.event === 'step failed') endStep(run, line);
  else endRun(run, line);
}

function emptyRun({ run: id, command, at }: JournalLine): Run {
  return {
    id,
    command,
    state: 'unfinished',
    startedAt: at,
    endedAt: null,
    facts: {},
    steps: [],
    result: null,
    error: null,
  };
}

function startedStep({ step, at }: JournalLine): RunStep {
  return {
    name: step ?? '',
    state: 'unfinished',
    startedAt: at,
    endedAt: null,
    outcome: null,
    facts: null,
  };
}

function endStep(run: Run, line: JournalLine): void {
  const step = run.steps.findLast(({ name, endedAt }) => name === line.step && endedAt === null);
  if (step === undefined) return;
  step.state = line.event === 'step done' ? 'done' : 'failed';
  step.endedAt = line.at;
  step.outcome = line.error?.message ?? (typeof line.result === 'string' ? line.result : null);
  step.facts = line.facts ?? null;
}

function endRun(run: Run, line: JournalLine): void {
  run.state = line.event === 'run done' ? 'done' : 'failed';
  run.endedAt = line.at;
  run.error = line.error ?? null;
  run.result = (line.result as Record<string, unknown> | undefined) ?? null;
}
