import { checkForeign, type ForeignEffects, type ForeignVerdict } from './check-foreign.js';
import { type ReadLedger, sentByUser } from './read-ledger.js';

/** What the check asks the database under test. The caller knows its tables. */
export interface EffectReader {
  /** The update ids in its ledger, from `from` up to and including `to`, repeated if they are. */
  appliedUpdateIds(from: bigint, to: bigint): AsyncIterable<bigint>;
  /** How many cards each user got by claims since the run began; users without any may be left out. */
  claimedCards?(): AsyncIterable<{ userId: bigint; cards: number }>;
  /** Fights that were decided since the run began, and the history rows they left. */
  decidedFights?(): Promise<{ fights: number; historyRows: number }>;
  /** Each user's score as it is stored, and as their history adds up to. */
  scores?(): AsyncIterable<{ userId: bigint; stored: number; recomputed: number }>;
}

export type Rule =
  | 'acknowledged but not applied'
  | 'applied twice'
  | 'applied but never sent'
  | 'acknowledged twice'
  | 'more cards than claims'
  | 'not two history rows a fight'
  | 'score differs from history';

export interface Violation {
  rule: Rule;
  updateId?: bigint;
  userId?: bigint;
  /** What was expected and what was found. */
  detail: string;
}

export interface LedgerVerdict {
  pass: boolean;
  /** Acknowledged writes that were looked for. */
  writesChecked: number;
  violations: Violation[];
  /** What somebody's own bot did, which no ledger tells of; null when there is none. */
  foreign: ForeignVerdict | null;
}

/**
 * Holds what a load test sent against what the database under test has done: every acknowledged
 * write is applied exactly once, nothing is applied that was not sent, and the effects add up.
 *
 * A write that was sent and not acknowledged may be applied or not: its player was told nothing.
 *
 * @param foreign given when somebody's own bot is among those under test: what it acknowledged is
 *   set aside, since it promises nothing. Without it such an answer is judged as any other.
 */
export async function checkLedger(
  ledger: ReadLedger,
  reader: EffectReader,
  foreign: ForeignEffects | null = null,
): Promise<LedgerVerdict> {
  const applied = await countApplied(ledger, reader);
  const isSetAside = (updateId: number) => foreign !== null && ledger.isByForeign(updateId);
  const writes = checkWrites(ledger, applied, isSetAside);
  const violations = [
    ...writes.violations,
    ...applied.neverSent.map(neverSent),
    ...(await checkClaims(ledger, reader)),
    ...(await checkFights(reader)),
    ...(await checkScores(reader)),
  ];
  return {
    pass: violations.length === 0,
    writesChecked: writes.checked,
    violations,
    foreign: foreign === null ? null : await checkForeign(ledger, foreign),
  };
}

interface Applied {
  /** Times applied, by index from the first update id. */
  times: Uint8Array;
  neverSent: bigint[];
}

async function countApplied(ledger: ReadLedger, reader: EffectReader): Promise<Applied> {
  const { firstUpdateId, nextUpdateId } = ledger;
  const times = new Uint8Array(nextUpdateId - firstUpdateId);
  const neverSent: bigint[] = [];
  if (times.length === 0) return { times, neverSent };
  const ids = reader.appliedUpdateIds(BigInt(firstUpdateId), BigInt(nextUpdateId - 1));
  for await (const id of ids) {
    const updateId = Number(id);
    const index = updateId - firstUpdateId;
    if (ledger.sent(updateId) === undefined) neverSent.push(id);
    else times[index] = Math.min((times[index] ?? 0) + 1, 255);
  }
  return { times, neverSent };
}

function checkWrites(
  ledger: ReadLedger,
  { times }: Applied,
  isSetAside: (updateId: number) => boolean,
): { checked: number; violations: Violation[] } {
  const violations: Violation[] = [];
  let checked = 0;
  for (let index = 0; index < times.length; index += 1) {
    const updateId = ledger.firstUpdateId + index;
    const sent = ledger.sent(updateId);
    if (sent === undefined) continue;
    const acknowledgements = ledger.acknowledgements(updateId);
    const applied = times[index] ?? 0;
    const add = (rule: Rule, detail: string) =>
      violations.push({
        rule,
        updateId: BigInt(updateId),
        userId: BigInt(sent.userId),
        detail: `${sent.kind} of user ${sent.userId}: ${detail}`,
      });
    if (acknowledgements > 1) add('acknowledged twice', `${acknowledgements} times`);
    if (applied > 1) add('applied twice', `${applied} times`);
    if (!sent.isWrite || acknowledgements === 0 || isSetAside(updateId)) continue;
    checked += 1;
    if (applied === 0) add('acknowledged but not applied', 'not in the ledger of the database');
  }
  return { checked, violations };
}

function neverSent(updateId: bigint): Violation {
  return { rule: 'applied but never sent', updateId, detail: `update ${updateId}` };
}

async function checkClaims(ledger: ReadLedger, reader: EffectReader): Promise<Violation[]> {
  if (reader.claimedCards === undefined) return [];
  const claims = sentByUser(ledger, 'claim');
  const violations: Violation[] = [];
  for await (const { userId, cards } of reader.claimedCards()) {
    const sent = claims.get(Number(userId)) ?? 0;
    if (cards <= sent) continue;
    const detail = `user ${userId} got ${cards} cards for ${sent} claims`;
    violations.push({ rule: 'more cards than claims', userId, detail });
  }
  return violations;
}

async function checkFights(reader: EffectReader): Promise<Violation[]> {
  const found = await reader.decidedFights?.();
  if (found === undefined || found.historyRows === 2 * found.fights) return [];
  const detail = `${found.fights} decided fights left ${found.historyRows} history rows`;
  return [{ rule: 'not two history rows a fight', detail }];
}

async function checkScores(reader: EffectReader): Promise<Violation[]> {
  if (reader.scores === undefined) return [];
  const violations: Violation[] = [];
  for await (const { userId, stored, recomputed } of reader.scores()) {
    if (stored === recomputed) continue;
    const detail = `user ${userId} has ${stored}, the history adds up to ${recomputed}`;
    violations.push({ rule: 'score differs from history', userId, detail });
  }
  return violations;
}
