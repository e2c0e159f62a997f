import { EXIT_CODES } from './exit-codes.js';

const WANTED = ['SIGINT', 'SIGTERM'] as const;

/**
 * Turns SIGINT and SIGTERM into an abort, so that work stops where it can be resumed. A second
 * SIGINT ends the process at once.
 */
export function abortOnSignals(tell: (text: string) => void): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: (typeof WANTED)[number]) => {
    if (controller.signal.aborted && signal === 'SIGINT') process.exit(EXIT_CODES.interrupted);
    if (controller.signal.aborted) return;
    tell('stopping at the next safe point; press Ctrl-C again to stop at once');
    controller.abort();
  };
  for (const signal of WANTED) process.on(signal, stop);
  return controller.signal;
}
