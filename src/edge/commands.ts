import { spawn } from 'node:child_process';
import { CardctlError, messageOf } from '../lib/errors.js';
import type { Argv } from './config.js';

export interface CommandOptions {
  timeoutMsMax: number;
  /** Words in braces, e.g. `path`, and what stands for them within the arguments. */
  words?: Readonly<Record<string, string>> | undefined;
  /** Standard input. */
  input?: string | undefined;
  /** Kills the command. */
  signal?: AbortSignal | undefined;
  /** Exit codes other than 0 that are an answer. */
  alsoFine?: readonly number[] | undefined;
}

export interface CommandResult {
  exitCode: number;
  stdout: Buffer;
  /** The end of it. */
  stderr: string;
}

/**
 * Runs a program to its end, without a shell.
 *
 * @throws CardctlError `edge` with what it wrote to standard error, when it cannot be started,
 *   fails or takes too long; `interrupted` on abort
 */
export async function runCommand(argv: Argv, options: CommandOptions): Promise<CommandResult> {
  const [program, ...args] = argv.map((arg) => fill(arg, options.words ?? {}));
  const shown = [program, ...args].join(' ');
  const ended = await finish(program ?? '', args, options);
  if (ended.kind === 'exit' && [0, ...(options.alsoFine ?? [])].includes(ended.exitCode)) {
    return { exitCode: ended.exitCode, stdout: ended.stdout, stderr: ended.stderr };
  }
  if (options.signal?.aborted) throw new CardctlError('interrupted', `${shown} was stopped`);
  throw new CardctlError('edge', `${shown} ${howItFailed(ended, options.timeoutMsMax)}`, {
    hint: `Run it by hand to see the same: ${shown}`,
    details: { command: [program, ...args], stderr: ended.stderr },
  });
}

type Ended =
  | { kind: 'exit'; exitCode: number; stdout: Buffer; stderr: string }
  | { kind: 'signal' | 'timeout'; signal: string; stderr: string }
  | { kind: 'not started'; reason: string; stderr: string };

function finish(
  program: string,
  args: readonly string[],
  { timeoutMsMax, input, signal }: CommandOptions,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      signal,
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    let stderr = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
      // Its children may hold the pipes open for longer.
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeoutMsMax);
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_LENGTH_MAX);
    });
    // A program that does not read its input may close it before all is written.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ kind: 'not started', reason: messageOf(error), stderr });
    });
    child.on('close', (exitCode, exitSignal) => {
      clearTimeout(timer);
      if (exitCode !== null) {
        resolve({ kind: 'exit', exitCode, stdout: Buffer.concat(stdout), stderr });
      } else {
        resolve({ kind: timedOut ? 'timeout' : 'signal', signal: `${exitSignal}`, stderr });
      }
    });
  });
}

const STDERR_LENGTH_MAX = 4_000;

function howItFailed(ended: Ended, timeoutMsMax: number): string {
  if (ended.kind === 'not started') return `could not be started: ${ended.reason}`;
  if (ended.kind === 'timeout') return `took longer than ${timeoutMsMax / 1_000} s`;
  const how =
    ended.kind === 'exit'
      ? `failed with exit code ${ended.exitCode}`
      : `was ended by ${ended.signal}`;
  const said = ended.stderr.trim();
  return said === '' ? how : `${how}: ${said}`;
}

function fill(arg: string, words: Readonly<Record<string, string>>): string {
  return arg.replace(/\{(\w+)\}/g, (braced, word: string) => words[word] ?? braced);
}
