import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { basename, delimiter, join } from 'node:path';

export interface ProgramRun {
  seconds: number;
  stdout: string;
}

export interface ProgramOptions {
  cwd: string;
  signal: AbortSignal;
  /** Called as soon as the process exists. */
  started?: (pid: number) => void;
}

/**
 * Runs a program to its end; the time runs from before it is started until it is gone.
 *
 * @throws Error with what it wrote, unless it exits with 0
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, signal, started }: ProgramOptions,
): Promise<ProgramRun> {
  const startedMs = performance.now();
  const child = spawn(program, args, {
    cwd,
    signal,
    env: { PATH: process.env.PATH ?? '', HOME: cwd },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  if (child.pid !== undefined) started?.(child.pid);
  const [exitCode] = await closed;
  const seconds = (performance.now() - startedMs) / 1000;
  if (exitCode !== 0) {
    throw new Error(
      `${basename(program)} ${args[0] ?? ''} ended with ${exitCode}:\n${stdout}${stderr}`,
    );
  }
  return { seconds, stdout };
}

/** The path of a program on PATH, if it is there. */
export function findProgram(name: string): string | undefined {
  const places = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  return places.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
