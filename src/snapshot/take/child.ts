import type { ChildProcess } from 'node:child_process';
import { forkBeside } from '../../lib/beside.js';
import { CardctlError } from '../../lib/errors.js';
import type { Report, ReportEvent } from '../../lib/report.js';
import { fromWire, type WireError } from '../../lib/wire-error.js';
import type { TaskName, Tasks } from './tasks.js';

/** What the child sends. */
export type ChildMessage =
  | { type: 'event'; event: ReportEvent }
  | { type: 'done'; result: unknown }
  | { type: 'failed'; error: WireError };

interface Surroundings {
  report: Report;
  signal?: AbortSignal | undefined;
}

/**
 * Runs a task in a process of its own and passes its events on. An abort kills that process:
 * the kernel releases its locks, and whoever called removes what it was writing.
 *
 * @throws CardctlError what the task threw; `interrupted` on abort; `internal` when the process
 *   died of something else.
 */
export function runInChild<Name extends TaskName>(
  task: Name,
  options: Tasks[Name]['options'],
  { report, signal }: Surroundings,
): Promise<Tasks[Name]['result']> {
  if (signal?.aborted) return Promise.reject(interrupted());
  const child = startChild();
  const kill = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  return new Promise<Tasks[Name]['result']>((resolve, reject) => {
    let outcome: ChildMessage | undefined;
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-2_000);
    });
    child.on('message', (message: ChildMessage) => {
      if (message.type === 'event') report(message.event);
      else outcome = message;
    });
    child.once('error', reject);
    // Only when the process is gone are its locks and descriptors gone too.
    child.once('close', (exitCode, exitSignal) => {
      if (outcome?.type === 'done') resolve(outcome.result as Tasks[Name]['result']);
      else if (outcome?.type === 'failed') reject(fromWire(outcome.error));
      else if (signal?.aborted) reject(interrupted());
      else reject(diedOf(task, exitCode, exitSignal, stderr));
    });
    child.send({ task, options }, () => undefined);
  }).finally(() => signal?.removeEventListener('abort', kill));
}

/** The error for work that was stopped by the abort signal. */
export function interrupted(): CardctlError {
  return new CardctlError('interrupted', 'stopped; nothing was left behind');
}

function startChild(): ChildProcess {
  return forkBeside(import.meta.url, 'child-main', {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

function diedOf(
  task: TaskName,
  exitCode: number | null,
  exitSignal: NodeJS.Signals | null,
  stderr: string,
): CardctlError {
  const how = exitSignal === null ? `with exit code ${exitCode}` : `of ${exitSignal}`;
  return new CardctlError('internal', `the ${task} process died ${how}`, {
    hint: 'If it was SIGKILL, look for the out-of-memory killer in the system log; then run it again.',
    details: { exitCode, exitSignal, stderr },
  });
}
