import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BIN = new URL('../../../../bin/', import.meta.url);

/** A process of a rehearsal. */
export interface Child {
  /** Resolves when it has ended. */
  ended: Promise<{ exitCode: number | null; lines: string[]; errors: string }>;
  /** Resolves once it has written such a line to stdout; false when it ended before. */
  said(pattern: RegExp): Promise<boolean>;
  /** Lets it finish what it does; after `msMax`, ten seconds unless told otherwise, it is killed. */
  stop(signal?: NodeJS.Signals, msMax?: number): Promise<void>;
  pid: number;
}

/** Starts `cardctl` or `cardbot`, as they are installed beside this one. */
export function startOurs(
  name: 'cardctl' | 'cardbot',
  args: readonly string[],
  options: StartOptions = {},
): Child {
  return start(process.execPath, [fileURLToPath(new URL(name, BIN)), ...args], options);
}

interface StartOptions {
  env?: Record<string, string>;
  onLine?: (line: string) => void;
}

/**
 * Starts a program in a session of its own: a Ctrl-C reaches whoever rehearses, and that one ends
 * what it has started, in order.
 */
export function start(
  program: string,
  args: readonly string[],
  { env = {}, onLine = () => undefined }: StartOptions = {},
): Child {
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const lines: string[] = [];
  let errors = '';
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => {
    lines.push(line);
    onLine(line);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    // The end of it is what says why.
    errors = (errors + text).slice(-4_000);
  });
  const closed = once(child, 'close').then(() => undefined);
  // One that could not be started says so where it is waited for.
  closed.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    said: (pattern) =>
      new Promise((resolve) => {
        const look = (line: string) => pattern.test(line) && resolve(true);
        lines.forEach(look);
        output.on('line', look);
        void closed.catch(() => undefined).then(() => resolve(false));
      }),
    ended: closed.then(() => ({ exitCode: child.exitCode, lines, errors })),
    stop: (signal = 'SIGTERM', msMax = STOP_MS_MAX) => stop(child, closed, { signal, msMax }),
  };
}

const STOP_MS_MAX = 10_000;

async function stop(
  child: ChildProcess,
  closed: Promise<void>,
  { signal, msMax }: { signal: NodeJS.Signals; msMax: number },
): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  const impatience = setTimeout(() => child.kill('SIGKILL'), msMax);
  await closed.catch(() => undefined);
  clearTimeout(impatience);
}
