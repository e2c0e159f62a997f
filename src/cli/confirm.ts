import { createInterface } from 'node:readline/promises';
import { CardctlError } from '../lib/errors.js';

export interface ConfirmOptions {
  /** False with `--no-input`. */
  input: boolean;
  /** True with `--yes`. */
  yes: boolean;
  stdin: NodeJS.ReadStream;
  stderr: NodeJS.WriteStream;
  signal: AbortSignal;
}

/**
 * Asks before something that cannot be taken back. Returns when the answer is yes.
 *
 * @throws CardctlError `refused` when the answer is no, or nobody can be asked
 */
export async function confirm(question: string, options: ConfirmOptions): Promise<void> {
  if (options.yes) return;
  if (!options.input || options.stdin.isTTY !== true) throw nobodyToAsk(question);
  const answer = await ask(`${question} [y/N] `, options);
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new CardctlError('refused', 'not confirmed; nothing was changed', {
      hint: 'run the same command again, and answer y',
    });
  }
}

/**
 * Asks for a phrase before the point of no return.
 *
 * @throws CardctlError `refused` when something else was typed, or nobody can be asked
 */
export async function confirmTyped(
  phrase: string,
  why: string,
  options: Omit<ConfirmOptions, 'yes'>,
): Promise<void> {
  if (!options.input || options.stdin.isTTY !== true) {
    throw new CardctlError('refused', `this has to be typed, and there is nobody to ask: ${why}`, {
      hint: `run the same command again with --confirm "${phrase}"`,
    });
  }
  const typed = await ask(`${why}\nType "${phrase}" to go on: `, options);
  if (typed.trim() === phrase) return;
  throw new CardctlError('refused', 'not confirmed; nothing was changed', {
    hint: `run the same command again, and type: ${phrase}`,
  });
}

function nobodyToAsk(question: string): CardctlError {
  return new CardctlError('refused', `this needs a yes, and there is nobody to ask: ${question}`, {
    hint: 'run the same command again with --yes',
  });
}

async function ask(
  prompt: string,
  { stdin, stderr, signal }: Omit<ConfirmOptions, 'yes'>,
): Promise<string> {
  const lines = createInterface({ input: stdin, output: stderr });
  // Readline swallows Ctrl-C; this gives it back to whoever handles the signal.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  try {
    return await Promise.race([lines.question(prompt, { signal }), closed]);
  } finally {
    lines.close();
  }
}
