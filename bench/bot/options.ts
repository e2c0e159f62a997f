import { parseArgs } from 'node:util';

export const PARTS = ['sustained', 'steady', 'warm', 'shifts'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  /** Of the game that is served. */
  players: number;
  /** Virtual users, and their updates a second. */
  users: number;
  rps: number;
  /** Of the measured part; what warms up comes before it. */
  seconds: number;
  shifts: number;
  rounds: number;
  only: readonly Part[];
  write: boolean;
}

const USAGE = `usage: npm run bench:bot -- [--players N] [--users N] [--rps N] [--seconds N]
  [--shifts N] [--rounds N] [--only ${PARTS.join('|')} ...] [--write]`;

/**
 * Reads the command line.
 *
 * @throws Error with the usage
 */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  const only = (values.only ?? []).map((name) => PARTS.find((part) => part === name));
  if (only.includes(undefined)) throw new Error(USAGE);
  return {
    players: atLeast(100, values.players),
    users: atLeast(1, values.users),
    rps: atLeast(1, values.rps),
    seconds: atLeast(5, values.seconds),
    shifts: atLeast(1, values.shifts),
    rounds: atLeast(1, values.rounds),
    only: only.length === 0 ? PARTS : (only as Part[]),
    write: values.write,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        players: { type: 'string', default: '20000' },
        users: { type: 'string', default: '10000' },
        rps: { type: 'string', default: '800' },
        seconds: { type: 'string', default: '60' },
        shifts: { type: 'string', default: '100' },
        rounds: { type: 'string', default: '3' },
        only: { type: 'string', multiple: true },
        write: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new Error(USAGE, { cause: error });
  }
}

function atLeast(least: number, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < least) throw new Error(USAGE);
  return number;
}
