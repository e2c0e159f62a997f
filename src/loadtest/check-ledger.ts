import {
  checkEffects,
  type EffectRule,
  type EffectViolation,
  type GameAfter,
  type GameBefore,
} from './check-effects.js';
import type { ReadLedger } from './read-ledger.js';

/** What the check asks the database under test. The caller knows its tables. */
export interface DatabaseReader {
  /** The update ids in its ledger, from `from` up to and including `to`, repeated if they are. */
  appliedUpdateIds(from: bigint, to: bigint): AsyncIterable<bigint>;
  /** What the run changed in the game; without it nothing is said of that. */
  effects?(): Promise<{ before: GameBefore; after: GameAfter }>;
}

export type Rule =
  | 'acknowledged but not applied'
  | 'applied twice'
  | 'applied but never sent'
  | 'acknowledged twice'
  | EffectRule;

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
  /** What they did, as far as it was looked at. */
  effects: { cards: number; fights: number } | null;
  violations: Violation[];
  /** What is told of somebody's own bot; null when it had no part. */
  foreign: ForeignPart | null;
}

/**
 * The part of a bot that keeps no ledger. It makes no promise that an update counts once, so none
 * of this is a fault of the move.
 */
export interface ForeignPart {
  /** Writes that it acknowledged. Whether each was applied nobody has written down. */
  writesAcknowledged: number;
  /** Effects that do not add up: what it did twice, by halves or not at all, cannot be told apart. */
  violations: EffectViolation[];
}

/**
 * Holds what a load test sent against what the database under test has done: every acknowledged
 * write is applied exactly once, nothing is applied that was not sent, and the effects add up.
 *
 * A write that was sent and not acknowledged may be applied or not: its player was told nothing.
 *
 * @param hasForeign somebody's own bot is among those under test: what it acknowledged is set
 *   aside. Otherwise an answer that no cardbot signed is judged as any other.
 */
export async function checkLedger(
  ledger: ReadLedger,
  reader: DatabaseReader,
  { hasForeign = false }: { hasForeign?: boolean } = {},
): Promise<LedgerVerdict> {
  const applied = await countApplied(ledger, reader);
  const isSetAside = (updateId: number) => hasForeign && ledger.isByForeign(updateId);
  const writes = checkWrites(ledger, applied, isSetAside);
  const effects = await reader.effects?.();
  const wrong = effects === undefined ? [] : checkEffects(ledger, effects.before, effects.after);
  const { setAside } = writes;
  const violations: Violation[] = [
    ...writes.violations,
    ...applied.neverSent.map(neverSent),
    ...(setAside === 0 ? wrong : []),
  ];
  return {
    pass: violations.length === 0,
    writesChecked: writes.checked,
    effects: effects === undefined ? null : countEffects(effects),
    violations,
    foreign: setAside === 0 ? null : { writesAcknowledged: setAside, violations: wrong },
  };
}

function countEffects({ before, after }: { before: GameBefore; after: GameAfter }) {
  const cards = [...after.newCards.values()].reduce((sum, count) => sum + count, 0);
  return { cards, fights: after.finishedFights - before.finishedFights };
}

interface Applied {
  /** Times applied, by index from the first update id. */
  times: Uint8Array;
  neverSent: bigint[];
}

async function countApplied(ledger: ReadLedger, reader: DatabaseReader): Promise<Applied> {
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
): { checked: number; setAside: number; violations: Violation[] } {
  const violations: Violation[] = [];
  let checked = 0;
  let setAside = 0;
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
    if (!sent.isWrite || acknowledgements === 0) continue;
    if (isSetAside(updateId)) {
      setAside += 1;
      continue;
    }
    checked += 1;
    if (applied === 0) add('acknowledged but not applied', 'not in the ledger of the database');
  }
  return { checked, setAside, violations };
}

function neverSent(updateId: bigint): Violation {
  return { rule: 'applied but never sent', updateId, detail: `update ${updateId}` };
}
