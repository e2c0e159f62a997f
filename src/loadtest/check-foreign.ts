import { type ReadLedger, sentByUser } from './read-ledger.js';

/** What shows of a bot without a ledger: how often each user got what an update brings. */
export interface ForeignEffects {
  /** Cards by claims since the run began; users without any may be left out. */
  claims(): AsyncIterable<UserCount>;
  /** Challenges since the run began. */
  fights(): AsyncIterable<UserCount>;
}

export interface UserCount {
  userId: bigint;
  count: number;
}

/**
 * What can be told of a bot that keeps no ledger. It makes no promise that an update counts once,
 * so none of this is a fault of the move.
 */
export interface ForeignVerdict {
  /** Writes that it acknowledged. Whether each was applied nobody has written down. */
  writesAcknowledged: number;
  /** Done more often than sent: at least so many updates were executed twice. */
  doubled: Doubled[];
}

export interface Doubled {
  userId: bigint;
  kind: 'claim' | 'fight';
  sent: number;
  done: number;
}

export async function checkForeign(
  ledger: ReadLedger,
  effects: ForeignEffects,
): Promise<ForeignVerdict> {
  let writesAcknowledged = 0;
  for (let id = ledger.firstUpdateId; id < ledger.nextUpdateId; id += 1) {
    if (ledger.isByForeign(id) && ledger.sent(id)?.isWrite === true) writesAcknowledged += 1;
  }
  const doubled = [
    ...(await doubledOf(ledger, 'claim', effects.claims())),
    ...(await doubledOf(ledger, 'fight', effects.fights())),
  ];
  return { writesAcknowledged, doubled };
}

async function doubledOf(
  ledger: ReadLedger,
  kind: Doubled['kind'],
  counts: AsyncIterable<UserCount>,
): Promise<Doubled[]> {
  const sentBy = sentByUser(ledger, kind);
  const doubled: Doubled[] = [];
  for await (const { userId, count } of counts) {
    // Who sent none plays beside the load test.
    const sent = sentBy.get(Number(userId));
    if (sent !== undefined && count > sent) doubled.push({ userId, kind, sent, done: count });
  }
  return doubled;
}
