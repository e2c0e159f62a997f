import { CardctlError } from '../../lib/errors.js';
import type { Position } from '../position.js';

/** Transactions by their ids, both ends included. */
export interface XidRange {
  first: bigint;
  last: bigint;
}

/**
 * Transactions that a snapshot of now sees and a reader at a position has not read: of those that
 * have ended since, exactly these. Entries of the ones under way are passed over, however many they
 * are; and a long one does not have what came after it read again and again.
 *
 * @param now `pg_current_snapshot()`
 * @throws CardctlError `refused` when the position is none of this database's
 */
export function unseenBehind({ snapshot }: Position, now: string): XidRange[] {
  const behind = snapshot === null ? { xmax: 0n, underWay: [] } : parse(snapshot);
  const current = parse(now);
  if (behind.xmax > current.xmax) throw isNoPosition(`${snapshot} of the future`);
  const isUnderWay = new Set(current.underWay);
  const ranges = behind.underWay
    .filter((xid) => !isUnderWay.has(xid))
    .map((xid) => ({ first: xid, last: xid }));
  let first = behind.xmax;
  for (const end of [...current.underWay.filter((xid) => xid >= first), current.xmax]) {
    if (end > first) ranges.push({ first, last: end - 1n });
    first = end + 1n;
  }
  return ranges;
}

/** The snapshot of a reader that has read what another sees, of transactions below a number. */
export function snapshotBelow(snapshot: string, below: string): string {
  const kept = parse(snapshot).underWay.filter((xid) => xid < BigInt(below));
  return `${kept[0] ?? below}:${below}:${kept.join(',')}`;
}

/**
 * `xmin:xmax:xid,xid,…`: it sees what is below `xmax` and not in the list, which rises. See
 * https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT-PARTS
 */
function parse(snapshot: string): { xmax: bigint; underWay: bigint[] } {
  const [, xmax, list] = /^\d{1,20}:(\d{1,20}):((?:\d{1,20}(?:,\d{1,20})*)?)$/.exec(snapshot) ?? [];
  if (xmax === undefined || list === undefined) throw isNoPosition(`'${snapshot}'`);
  return { xmax: BigInt(xmax), underWay: list === '' ? [] : list.split(',').map(BigInt) };
}

function isNoPosition(what: string): CardctlError {
  return new CardctlError('refused', `${what} is no position of this Postgres change log`, {
    hint: 'Load the target anew: cardctl migrate --follow --clean',
  });
}
