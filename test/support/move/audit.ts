import { readFileSync } from 'node:fs';
import type { Books } from './accounts.js';

interface Line {
  id: string;
  account: number;
  amount: number;
  at: 'intended' | 'acknowledged';
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
    slowestMs: Math.max(0, ...acknowledged.map(({ ms }) => ms ?? 0)),
  };
}

function readLedger(path: string): Line[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
