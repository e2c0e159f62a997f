import { parseArgs } from 'node:util';

export const PARTS = ['cardctl', 'pgloader', 'floor', 'memory', 'help'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  rounds: number;
  players: number;
  /** Memory also at ten times the players. */
  with10x: boolean;
  only: readonly Part[];
  /** Postgres settings beside the server's defaults. */
  settings: Record<string, string>;
  write: boolean;
}

const USAGE = `usage: npm run bench:migrate -- [--rounds N] [--players N] [--with-10x]
  [--only ${PARTS.join('|')} ...] [--set name=value ...] [--no-write]`;

/**
 * Reads the command line.
 *
 * @throws Error with the usage
 */
export function readOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  const only = (values.only ?? []).map((name) => PARTS.find((part) => part === name));
  if (only.includes(undefined)) throw new Error(USAGE);
  return {
    rounds: atLeast(1, values.rounds),
    players: atLeast(20, values.players),
    with10x: values['with-10x'],
    only: only.length === 0 ? PARTS : (only as Part[]),
    settings: Object.fromEntries((values.set ?? []).map(setting)),
    write: !values['no-write'],
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '3' },
        players: { type: 'string', default: '200000' },
        'with-10x': { type: 'boolean', default: false },
        only: { type: 'string', multiple: true },
        set: { type: 'string', multiple: true },
        'no-write': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Error(USAGE, { cause: error });
  }
}

function atLeast(least: number, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < least) throw new Error(USAGE);
  return number;
}

function setting(text: string): [string, string] {
  const [, name, value] = /^([a-z_]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Error(USAGE);
  return [name, value];
}
