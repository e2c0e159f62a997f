import { inspect } from 'node:util';
import { CardctlError, messageOf } from '../lib/errors.js';
import { carryFlags } from './carried-flags.js';
import { EXIT_CODES, type ExitCode } from './exit-codes.js';
import { paint } from './render/paint.js';

const CAUSES_MAX = 5;

/** What stands behind `error` in the last line of `--json`. */
export interface ErrorObject {
  code: string;
  message: string;
  hint: string;
  details: Record<string, unknown>;
}

/** The exit code for an error. */
export function exitCodeOf(error: CardctlError): ExitCode {
  return EXIT_CODES[error.code];
}

/** What a script reads. */
export function errorObject(error: CardctlError, args: readonly string[]): ErrorObject {
  return {
    code: error.code,
    message: error.message,
    hint: carryFlags(nextOf(error), args),
    details: error.details,
  };
}

/**
 * What a person reads: what failed, why, and as the last line what to run next.
 *
 * @param doing the command that was under way
 * @param args its words: what it advises to run next finds the same files
 */
export function errorText(
  error: CardctlError,
  doing: string,
  args: readonly string[],
  { color, debug }: { color: boolean; debug: boolean },
): string {
  return [
    `${paint('red', `${doing}:`, color)} ${error.message}`,
    ...causesOf(error).map((cause) => `  because: ${cause}`),
    ...(debug ? [inspect(error, { depth: 4 })] : []),
    `${paint('bold', 'next:', color)} ${carryFlags(nextOf(error), args)}`,
  ].join('\n');
}

function nextOf(error: CardctlError): string {
  return error.hint ?? DEFAULT_NEXT[error.code];
}

const DEFAULT_NEXT: Record<CardctlError['code'], string> = {
  usage: 'cardctl --help',
  refused: 'cardctl status',
  source: 'cardctl status',
  target: 'cardctl status',
  edge: 'cardctl status',
  partway: 'cardctl status',
  'rolled-back': 'cardctl status',
  interrupted: 'run the same command again',
  internal: 'run the same command again with --debug, and report what it prints',
};

/** The messages behind an error, outermost first, without those that a message already quotes. */
function causesOf(error: CardctlError): string[] {
  const causes: string[] = [];
  let said = error.message;
  let cause: unknown = error.cause;
  while (cause !== undefined && causes.length < CAUSES_MAX) {
    const message = messageOf(cause);
    if (message !== '' && !said.includes(message)) {
      causes.push(message);
      said += message;
    }
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

/** Any thrown thing as an error of the one family. */
export function asCardctlError(thrown: unknown, signal: AbortSignal): CardctlError {
  if (thrown instanceof CardctlError) return thrown;
  if (signal.aborted) {
    return new CardctlError('interrupted', 'interrupted', {
      cause: isAbort(thrown) ? undefined : thrown,
      hint: 'run the same command again, or see what was done with: cardctl status',
    });
  }
  return new CardctlError('internal', `this is a bug: ${messageOf(thrown)}`, { cause: thrown });
}

function isAbort(thrown: unknown): boolean {
  return (
    thrown instanceof Error && (thrown.name === 'AbortError' || thrown.name === 'TimeoutError')
  );
}
