import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { snapshotBelow, unseenBehind } from '../../../src/sync/postgres/log-snapshot.js';

const at = (snapshot: string | null) => ({ sequence: 0, snapshot });
const MAX = 12;

const snapshots = fc
  .tuple(fc.integer({ min: 0, max: MAX }), fc.uniqueArray(fc.integer({ min: 0, max: MAX })))
  .map(([xmax, xids]) => snapshotOf(xmax, xids));

/** Below `xmax`, but for those under way. */
function snapshotOf(xmax: number, xids: readonly number[]) {
  const underWay = xids.filter((xid) => xid < xmax).sort((a, b) => a - b);
  return {
    xmax,
    text: `${underWay[0] ?? xmax}:${xmax}:${underWay.join(',')}`,
    sees: (xid: number) => xid < xmax && !underWay.includes(xid),
  };
}

const ALL = Array.from({ length: MAX + 2 }, (_, xid) => xid);

describe('what a reader has not seen', () => {
  it('is what the later snapshot sees and the earlier one does not', () => {
    fc.assert(
      fc.property(snapshots, snapshots, (one, other) => {
        // Of two snapshots the later one sees all that the earlier one saw.
        fc.pre(one.xmax <= other.xmax && ALL.every((xid) => !one.sees(xid) || other.sees(xid)));
        const ranges = unseenBehind(at(one.text), other.text);
        const seen = ALL.filter((xid) =>
          ranges.some(({ first, last }) => first <= xid && xid <= last),
        );
        expect(seen).toEqual(ALL.filter((xid) => other.sees(xid) && !one.sees(xid)));
      }),
    );
  });

  it('is all that there is, from the origin', () => {
    expect(unseenBehind(at(null), '10:20:10,15')).toEqual([
      { first: 0n, last: 9n },
      { first: 11n, last: 14n },
      { first: 16n, last: 19n },
    ]);
  });

  it('is nothing where no transaction has ended, also above 2^53', () => {
    const snapshot = '9007199254740993:9007199254740995:9007199254740993';
    expect(unseenBehind(at(snapshot), snapshot)).toEqual([]);
    expect(unseenBehind(at(snapshot), '9007199254740995:9007199254740995:')).toEqual([
      { first: 9007199254740993n, last: 9007199254740993n },
    ]);
  });

  it.each(['', '1:2', '1:2:3,', "1:2:' OR true --", '1:2:3 ', '-1:2:'])(
    "is not to be had behind '%s'",
    (snapshot) => {
      expect(() => unseenBehind(at(snapshot), '1:2:')).toThrow('is no position');
    },
  );

  it('is not to be had behind a position that this database has not reached', () => {
    expect(() => unseenBehind(at('5:6:'), '5:5:')).toThrow('of the future');
  });
});

describe('the snapshot below a transaction', () => {
  it('sees what the whole one sees below it', () => {
    fc.assert(
      fc.property(snapshots, fc.integer({ min: 0, max: MAX }), (whole, below) => {
        fc.pre(whole.xmax >= below);
        const part = snapshotBelow(whole.text, `${below}`);
        const rest = unseenBehind(at(part), `20:20:`);
        const isLeft = (xid: number) => rest.some(({ first, last }) => first <= xid && xid <= last);
        for (const xid of ALL) expect(isLeft(xid)).toBe(!(xid < below && whole.sees(xid)));
      }),
    );
  });
});
