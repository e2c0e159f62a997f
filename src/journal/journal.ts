import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.js';
import { CardctlError, codeOf, messageOf } from '../lib/errors.js';
import { makeDirectory } from '../lib/make-directory.js';
import type { JournalEvent, JournalLine } from './lines.js';

export const JOURNAL_NAME = 'journal.ndjson';

/** The run record of one work directory. Only ever appended to. */
export interface Journal {
  /**
   * Writes down that a command begins.
   *
   * @param facts what tells this run from others; never a secret, URLs without their password
   */
  startRun(command: string, facts: Record<string, unknown>): RunRecord;
  close(): void;
}

/** One run, as it is written down. Each call is on disk when it returns. */
export interface RunRecord {
  readonly id: string;
  stepStarted(name: string): void;
  /** @param facts the numbers of the outcome */
  stepDone(name: string, outcome: string, facts?: Record<string, unknown>): void;
  stepFailed(name: string, error: unknown, facts?: Record<string, unknown>): void;
  done(result: Record<string, unknown>): void;
  failed(error: unknown): void;
}

/**
 * Opens the journal of a work directory for appending (`journal.ndjson`, mode 0600), making the
 * directory (mode 0700) when it is not there.
 *
 * @param redact masks secrets in whatever is written
 * @throws CardctlError `usage` when it cannot be written
 */
export function openJournal(
  workDir: string,
  clock: Clock,
  redact: <T>(value: T) => T = (value) => value,
): Journal {
  makeWorkDir(workDir);
  const path = join(workDir, JOURNAL_NAME);
  const fd = openForAppending(path);
  const append = (line: JournalLine) => appendLine(fd, path, redact(line));
  return {
    startRun: (command, facts) => startRun(command, facts, clock, append),
    close: () => closeSync(fd),
  };
}

/**
 * Makes the work directory, open to its owner alone.
 *
 * @throws CardctlError `usage` when it cannot be made
 */
export function makeWorkDir(workDir: string): void {
  try {
    makeDirectory(workDir);
  } catch (error) {
    throw unwritable(`cannot make the work directory ${workDir}`, error);
  }
}

function startRun(
  command: string,
  facts: Record<string, unknown>,
  clock: Clock,
  append: (line: JournalLine) => void,
): RunRecord {
  const id = runId(clock.now());
  const write = (event: JournalEvent, rest: Partial<JournalLine> = {}) =>
    append({ version: 1, at: clock.now().toISOString(), run: id, event, command, ...rest });
  write('run started', { facts });
  return {
    id,
    stepStarted: (step) => write('step started', { step }),
    stepDone: (step, result, facts) =>
      write('step done', { step, result, ...(facts !== undefined && { facts }) }),
    stepFailed: (step, error, facts) =>
      write('step failed', { step, error: errorOf(error), ...(facts !== undefined && { facts }) }),
    done: (result) => write('run done', { result }),
    failed: (error) => write('run failed', { error: errorOf(error) }),
  };
}

/** Sorts by time, and two in the same second differ. */
function runId(at: Date): string {
  const time = at.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${randomBytes(3).toString('hex')}`;
}

function errorOf(error: unknown): { code: string; message: string } {
  const code = error instanceof CardctlError ? error.code : (codeOf(error) ?? 'internal');
  return { code, message: messageOf(error) };
}

function openForAppending(path: string): number {
  try {
    const fd = openSync(path, 'a+', 0o600);
    endTornLine(fd);
    return fd;
  } catch (error) {
    throw unwritable(`cannot open the journal ${path}`, error);
  }
}

/** A process killed while it wrote leaves half a line: the next one must not continue it. */
function endTornLine(fd: number): void {
  const { size } = fstatSync(fd);
  if (size === 0) return;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  if (last.toString() !== '\n') writeSync(fd, '\n');
}

function appendLine(fd: number, path: string, line: JournalLine): void {
  try {
    writeSync(fd, `${JSON.stringify(line, exactly)}\n`);
    fsyncSync(fd);
  } catch (error) {
    throw unwritable(`cannot write to the journal ${path}`, error);
  }
}

function exactly(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function unwritable(what: string, cause: unknown): CardctlError {
  return new CardctlError('usage', `${what}: ${messageOf(cause)}`, {
    hint: 'run the same command again with --work-dir DIR, where DIR can be written to',
    cause,
  });
}
