import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

export const ROOT = resolve(import.meta.dirname, '../..');

export interface RunOptions {
  /** Neither the command line nor its output is shown, and how it ended does not matter. */
  quiet?: boolean;
  /** What it writes to stdout is returned instead of shown. */
  capture?: boolean;
}

export function say(text: string): void {
  console.log(`\n── ${text}`);
}

/** Runs the real command line, its output where the reader sees it. Returns what was captured. */
export async function cardctl(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { quiet = false, capture = false } = options;
  const shown = args.map((arg) => (arg.startsWith(ROOT) ? relative(ROOT, arg) : arg));
  if (!quiet) console.log(`$ cardctl ${shown.join(' ')}`);
  const child = spawn(process.execPath, [join(ROOT, 'bin/cardctl'), ...args], {
    stdio: [
      'ignore',
      capture ? 'pipe' : quiet ? 'ignore' : 'inherit',
      quiet ? 'ignore' : 'inherit',
    ],
  });
  const captured = child.stdout === null ? Promise.resolve('') : text(child.stdout);
  const [exitCode] = await once(child, 'exit');
  if (!quiet && exitCode !== 0) {
    throw new Error(`cardctl ${args[0]} ended with exit code ${exitCode}\n${await captured}`);
  }
  return captured;
}
