import pino from 'pino';
import { codeOf } from '../lib/errors.js';

export type Log = pino.Logger;

export interface LogOptions {
  level?: string;
  /** Beside each line, e.g. the stack and the server. */
  base: Record<string, string>;
  /** Texts that must appear nowhere: tokens, passwords. */
  secrets: readonly string[];
}

/** JSON lines on standard error. Who calls it logs no texts and no names of players. */
export function createLog(
  { level = 'info', base, secrets }: LogOptions,
  stream: pino.DestinationStream = pino.destination({ fd: 2, sync: false }),
): Log {
  const scrub = scrubberOf(secrets);
  return pino(
    {
      level,
      base,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => describe(error, scrub) },
    },
    { write: (line) => stream.write(scrub(line)) },
  );
}

/**
 * What an error is and where, without its own properties: they may hold a call's payload or a row.
 */
function describe(error: unknown, scrub: (text: string) => string): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    code: codeOf(error),
    message: scrub(error.message),
    stack: frames.map((line) => line.trim()).join('\n'),
    ...(error.cause === undefined ? {} : { cause: describe(error.cause, scrub) }),
  };
}

function scrubberOf(secrets: readonly string[]): (text: string) => string {
  const known = secrets
    .filter((secret) => secret.length > 0)
    // As it is, and as it stands in a JSON string.
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return (text) => known.reduce((scrubbed, secret) => scrubbed.replaceAll(secret, '***'), text);
}
