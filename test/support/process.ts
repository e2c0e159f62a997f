import { type ChildProcess, spawn } from 'node:child_process';
import { atEnd } from './cleanup.js';

export interface ProcessOptions {
  cwd?: string;
  /** Added to a minimal environment: nothing else of the test run's own gets through. */
  env?: Record<string, string>;
  /** Written to standard input, which is closed after it; without it standard input is empty. */
  input?: string;
  /** After this long the process is killed and the run fails. Default: one minute. */
  timeoutMs?: number;
}

export interface ProcessResult {
  /** Null when a signal ended the process. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A process that is under way. It is killed when the test ends, if it still runs then. */
export interface RunningProcess {
  child: ChildProcess;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves as soon as stdout or stderr holds the pattern; rejects if the process ends first. */
  waitFor(pattern: RegExp): Promise<void>;
  /** Sends a signal, `SIGKILL` by default, and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<ProcessResult>;
  /** The result, whenever the process ends; rejects only on the timeout. */
  finished: Promise<ProcessResult>;
}

/** Runs a program to its end. */
export function runProcess(
  program: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  return startProcess(program, args, options).finished;
}

/** Starts a program and hands over the running process. */
export function startProcess(
  program: string,
  args: readonly string[],
  options: ProcessOptions = {},
): RunningProcess {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...baseEnvironment(), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A process that does not read its input may close it before all is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const output = collect(child);
  const finished = finish(child, output, options.timeoutMs ?? 60_000);
  // Whoever awaits `finished` sees its failure; nobody has to.
  finished.catch(() => undefined);
  atEnd(async () => {
    child.kill('SIGKILL');
    await finished.catch(() => undefined);
  });
  return {
    child,
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    waitFor: (pattern) => waitForOutput(child, output, pattern, finished),
    kill: (signal = 'SIGKILL') => {
      child.kill(signal);
      return finished;
    },
    finished,
  };
}

const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'SystemRoot'];

function baseEnvironment(): Record<string, string> {
  const entries = INHERITED.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

interface Output {
  stdout: string;
  stderr: string;
}

function collect(child: ChildProcess): Output {
  const output: Output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  return output;
}

function finish(child: ChildProcess, output: Output, timeoutMs: number): Promise<ProcessResult> {
  return new Promise((resolve, reject) => {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      clearTimeout(timer);
      if (timedOut)
        reject(new Error(describe(`took more than ${timeoutMs} ms`, child.spawnargs, output)));
      else resolve({ exitCode, signal, ...output });
    });
  });
}

async function waitForOutput(
  child: ChildProcess,
  output: Output,
  pattern: RegExp,
  finished: Promise<ProcessResult>,
): Promise<void> {
  const matches = () => pattern.test(output.stdout) || pattern.test(output.stderr);
  if (matches()) return;
  let look = () => {};
  const seen = new Promise<void>((resolve) => {
    look = () => {
      if (matches()) resolve();
    };
  });
  child.stdout?.on('data', look);
  child.stderr?.on('data', look);
  await Promise.race([seen, finished]);
  child.stdout?.off('data', look);
  child.stderr?.off('data', look);
  if (!matches()) throw new Error(describe(`ended without ${pattern}`, child.spawnargs, output));
}

function describe(what: string, command: readonly string[], output: Output): string {
  return `${command.join(' ')}: ${what}\n--- stdout\n${output.stdout}\n--- stderr\n${output.stderr}`;
}
