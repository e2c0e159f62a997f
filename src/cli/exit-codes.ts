import type { ErrorCode } from '../lib/errors.js';

/** Every way a command can end. Scripts rely on these numbers: they never change meaning. */
export const EXIT_CODES = {
  done: 0,
  internal: 1,
  usage: 2,
  refused: 3,
  source: 4,
  target: 5,
  edge: 6,
  partway: 7,
  'rolled-back': 8,
  undecided: 9,
  interrupted: 130,
} as const satisfies Record<ErrorCode | 'done' | 'undecided', number>;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];
