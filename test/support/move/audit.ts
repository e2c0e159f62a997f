import { readFileSync } from 'node:fs';
import type { Books } from './accounts.js';

interface Line {
  id: string;
  account: number;
  amount: number;
  at: 'intended' | 'acknowledged';
  /** Of the operation's row, and of the ticket that came with it; null when it was there already. */
  number?: number;
  ticket?: number | null;
  ms?: number;
}

export interface Audit {
  intended: number;
  acknowledged: number;
  /** Acknowledged, and not there. */
  lost: string[];
  /** There more than once. */
  doubled: string[];
  /** There, and never tried by anybody. */
  unknown: string[];
  /** Accounts whose balance is not the sum of their operations. */
  unbalanced: number[];
  /** Operations that have another number than their player was told. */
  renumbered: string[];
  /** Numbers of tickets that two players were given. */
  issuedTwice: number[];
  /** The longest that an operation took until it was acknowledged, milliseconds. */
  slowestMs: number;
}

/** Holds the books of the authority against the players' own ledgers. */
export function audit(books: Books, ledgers: readonly string[]): Audit {
  const lines = ledgers.flatMap(readLedger);
  const acknowledged = lines.filter(({ at }) => at === 'acknowledged');
  const intended = new Set(lines.filter(({ at }) => at === 'intended').map(({ id }) => id));
  const sums = new Map<number, number>();
  for (const { account, amount, times } of books.operations.values()) {
    sums.set(account, (sums.get(account) ?? 0) + amount * times);
  }
  return {
    intended: intended.size,
    acknowledged: acknowledged.length,
    lost: acknowledged.map(({ id }) => id).filter((id) => !books.operations.has(id)),
    doubled: [...books.operations].filter(([, { times }]) => times > 1).map(([id]) => id),
    unknown: [...books.operations.keys()].filter((id) => !intended.has(id)),
    unbalanced: [...books.balances]
      .filter(([account, balance]) => balance !== (sums.get(account) ?? 0))
      .map(([account]) => account),
    renumbered: acknowledged
      .filter(({ id, number }) => (books.operations.get(id)?.number ?? number) !== number)
      .map(({ id }) => id),
    issuedTwice: twice(acknowledged.flatMap(({ ticket }) => ticket ?? [])),
    slowestMs: Math.max(0, ...acknowledged.map(({ ms }) => ms ?? 0)),
  };
}

function twice(numbers: readonly number[]): number[] {
  const seen = new Set<number>();
  return numbers.filter((number) => seen.size === seen.add(number).size);
}

function readLedger(path: string): Line[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
