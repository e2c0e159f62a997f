import { CardctlError } from '../../lib/errors.js';
import type { Position } from '../position.js';

/** Which transactions a snapshot does not see, of those that have committed since. */
export interface Unseen {
  /** All from here on, and */
  from: string;
  /** those that were under way. */
  underWay: string[];
}

/**
 * What a reader at a position has not read of the log. Exactly these transactions: those from the
 * snapshot's `xmax` on and those in its list; a long one makes the list no longer.
 * The text is `xmin:xmax:xid,xid,…`: https://www.postgresql.org/docs/current/functions-info.html
 */
export function unseenBehind({ snapshot }: Position): Unseen {
  if (snapshot === null) return { from: '0', underWay: [] };
  const [, from, list] = /^\d{1,20}:(\d{1,20}):((?:\d{1,20}(?:,\d{1,20})*)?)$/.exec(snapshot) ?? [];
  if (from === undefined || list === undefined) {
    throw new CardctlError('refused', `'${snapshot}' is no position of a Postgres change log`, {
      hint: 'load the target anew: cardctl migrate --follow --clean',
    });
  }
  return { from, underWay: list === '' ? [] : list.split(',') };
}

/** The snapshot of a reader that has read what another sees, of transactions below a number. */
export function snapshotBelow(snapshot: string, below: string): string {
  const { underWay } = unseenBehind({ sequence: 0, snapshot });
  const kept = underWay.filter((xid) => BigInt(xid) < BigInt(below));
  return `${kept[0] ?? below}:${below}:${kept.join(',')}`;
}
