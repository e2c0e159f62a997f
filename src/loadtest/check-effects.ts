import { CLAIM_EVERY_MS } from '../game/claim.js';
import { HEARTS_A_DAY } from '../game/hearts.js';
import { type Now, readTime } from '../game/time.js';
import type { NewFightHistory, PlayerRow, StoredTime } from '../store/rows.js';
import type { ReadLedger } from './read-ledger.js';

/** What the game's tables said before a run. */
export interface GameBefore {
  at: Now;
  players: ReadonlyMap<bigint, PlayerState>;
  finishedFights: number;
  /** Challenges that each player has opened; who opened none may be left out. */
  challenges: ReadonlyMap<bigint, number>;
}

export type PlayerState = Pick<
  PlayerRow,
  'total_score' | 'hearts' | 'last_heart_reset' | 'last_claim'
>;

/** What they say after it. */
export interface GameAfter {
  players: ReadonlyMap<bigint, PlayerState>;
  finishedFights: number;
  challenges: ReadonlyMap<bigint, number>;
  /** How many cards each player was given since; who got none may be left out. */
  newCards: ReadonlyMap<bigint, number>;
  /** Rows that were added since. */
  newHistory: readonly HistoryState[];
  /** Players who have every card there is: a claim gives them none. */
  haveAll: ReadonlySet<bigint>;
}

export type HistoryState = Pick<
  NewFightHistory,
  | 'user_id'
  | 'user_card_id'
  | 'opponent_user_id'
  | 'opponent_card_id'
  | 'score_gained'
  | 'hearts_lost'
  | 'fought_at'
>;

export type EffectRule =
  | 'more cards than claims'
  | 'not one card a claim'
  | 'acknowledged claim without a card'
  | 'more challenges than sent'
  | 'not two history rows a fight'
  | 'history row without its pair'
  | 'score differs from history'
  | 'hearts differ from history';

export interface EffectViolation {
  rule: EffectRule;
  userId?: bigint;
  /** What was expected and what was found. */
  detail: string;
}

/**
 * Holds what a run changed in the game against what was sent: each claim gave one card, no /fight
 * opened two challenges, each fight that was decided left a row to either player, and scores and hearts are what they were and what
 * those rows add. Nobody else may play meanwhile.
 */
export function checkEffects(
  ledger: ReadLedger,
  before: GameBefore,
  after: GameAfter,
): EffectViolation[] {
  return [
    ...checkClaims(ledger, before, after),
    ...checkChallenges(ledger, before, after),
    ...checkFights(before, after),
    ...checkPlayers(before, after),
  ];
}

interface Claims {
  sent: number;
  acknowledged: number;
}

function checkClaims(
  ledger: ReadLedger,
  { at, players }: GameBefore,
  after: GameAfter,
): EffectViolation[] {
  const claims = claimsByUser(ledger);
  const violations: EffectViolation[] = [];
  for (const [userId, { last_claim }] of after.players) {
    const { sent, acknowledged } = claims.get(userId) ?? { sent: 0, acknowledged: 0 };
    const add = (rule: EffectRule, detail: string) =>
      violations.push({ rule, userId, detail: `user ${userId} ${detail}` });
    const cards = after.newCards.get(userId) ?? 0;
    if (cards > sent) add('more cards than claims', `got ${cards} cards for ${sent} claims`);
    const lastBefore = players.get(userId)?.last_claim ?? null;
    const hasClaimed = !isSame(last_claim, lastBefore);
    if (cards !== (hasClaimed ? 1 : 0)) {
      const times = hasClaimed ? 'once' : 'not at all';
      add('not one card a claim', `claimed ${times} and got ${cards} cards`);
    }
    const lastMs = readTime(lastBefore, at.zone);
    const couldClaim = lastMs === null || lastMs + CLAIM_EVERY_MS <= at.ms;
    if (acknowledged > 0 && couldClaim && !hasClaimed && !after.haveAll.has(userId)) {
      const detail = `could claim, got ${acknowledged} answers to claims and no card`;
      add('acknowledged claim without a card', detail);
    }
  }
  return violations;
}

function claimsByUser(ledger: ReadLedger): Map<bigint, Claims> {
  const claims = new Map<bigint, Claims>();
  for (let id = ledger.firstUpdateId; id < ledger.nextUpdateId; id += 1) {
    const update = ledger.sent(id);
    if (update?.kind !== 'claim') continue;
    const userId = BigInt(update.userId);
    const { sent, acknowledged } = claims.get(userId) ?? { sent: 0, acknowledged: 0 };
    const answered = ledger.acknowledgements(id) > 0 ? 1 : 0;
    claims.set(userId, { sent: sent + 1, acknowledged: acknowledged + answered });
  }
  return claims;
}

/** A command that is refused opens none, so that fewer are no fault. */
function checkChallenges(
  ledger: ReadLedger,
  before: GameBefore,
  after: GameAfter,
): EffectViolation[] {
  const sent = new Map<bigint, number>();
  for (let id = ledger.firstUpdateId; id < ledger.nextUpdateId; id += 1) {
    const update = ledger.sent(id);
    if (update?.kind !== 'fight') continue;
    const userId = BigInt(update.userId);
    sent.set(userId, (sent.get(userId) ?? 0) + 1);
  }
  const violations: EffectViolation[] = [];
  for (const [userId, all] of after.challenges) {
    const opened = all - (before.challenges.get(userId) ?? 0);
    const asked = sent.get(userId) ?? 0;
    if (opened <= asked) continue;
    const detail = `user ${userId} opened ${opened} challenges for ${asked} of /fight`;
    violations.push({ rule: 'more challenges than sent', userId, detail });
  }
  return violations;
}

function checkFights(before: GameBefore, after: GameAfter): EffectViolation[] {
  const violations: EffectViolation[] = [];
  const fights = after.finishedFights - before.finishedFights;
  const rows = after.newHistory.length;
  if (rows !== 2 * fights) {
    const detail = `${fights} decided fights left ${rows} history rows`;
    violations.push({ rule: 'not two history rows a fight', detail });
  }
  for (const { user_id, opponent_user_id, fought_at } of withoutPair(after.newHistory)) {
    const detail = `user ${user_id} fought ${opponent_user_id} at ${fought_at}, who did not fight back`;
    violations.push({
      rule: 'history row without its pair',
      ...(user_id !== null && { userId: user_id }),
      detail,
    });
  }
  return violations;
}

/** The two rows of a fight say the same of it, each from its own side. */
function withoutPair(rows: readonly HistoryState[]): HistoryState[] {
  const waiting = new Map<string, HistoryState[]>();
  for (const row of rows) {
    const { user_id, user_card_id, opponent_user_id, opponent_card_id, fought_at } = row;
    const mine = [user_id, user_card_id];
    const theirs = [opponent_user_id, opponent_card_id];
    const pairs = waiting.get([...theirs, ...mine, fought_at].join());
    if (pairs?.pop() !== undefined) continue;
    const key = [...mine, ...theirs, fought_at].join();
    waiting.set(key, [...(waiting.get(key) ?? []), row]);
  }
  return [...waiting.values()].flat();
}

function checkPlayers(before: GameBefore, after: GameAfter): EffectViolation[] {
  const history = new Map<bigint | null, { gained: number; lost: number }>();
  for (const { user_id, score_gained, hearts_lost } of after.newHistory) {
    const { gained, lost } = history.get(user_id) ?? { gained: 0, lost: 0 };
    history.set(user_id, {
      gained: gained + (score_gained ?? 0),
      lost: lost + (hearts_lost ?? 0),
    });
  }
  const violations: EffectViolation[] = [];
  for (const [userId, player] of after.players) {
    const { gained, lost } = history.get(userId) ?? { gained: 0, lost: 0 };
    const was = before.players.get(userId) ?? { ...NEW_PLAYER, ...resetOf(player) };
    const stored = player.total_score ?? 0;
    const score = (was.total_score ?? 0) + gained;
    if (stored !== score) {
      const detail = `user ${userId} has ${stored}, the history adds up to ${score}`;
      violations.push({ rule: 'score differs from history', userId, detail });
    }
    const hearts = player.hearts ?? HEARTS_A_DAY;
    const { least, most } = heartsAfter(was, player, lost);
    if (hearts < least || hearts > most) {
      const expected = least === most ? `${least}` : `${least} to ${most}`;
      const detail = `user ${userId} has ${hearts} hearts, the history leaves ${expected}`;
      violations.push({ rule: 'hearts differ from history', userId, detail });
    }
  }
  return violations;
}

const NEW_PLAYER = { total_score: 0, hearts: HEARTS_A_DAY, last_claim: null };

function resetOf({ last_heart_reset }: PlayerState) {
  return { last_heart_reset };
}

/** Of hearts that were restored meanwhile nobody can tell which were lost before that. */
function heartsAfter(was: PlayerState, is: PlayerState, lost: number) {
  const before = was.hearts ?? HEARTS_A_DAY;
  if (isSame(was.last_heart_reset, is.last_heart_reset)) {
    const left = Math.max(0, before - lost);
    return { least: left, most: left };
  }
  return { least: Math.max(0, HEARTS_A_DAY - lost), most: Math.max(HEARTS_A_DAY, before) };
}

/** The two databases may hold the same time in different forms. */
function isSame(one: StoredTime | null, other: StoredTime | null): boolean {
  return one === other || (one !== null && readTime(one, 'UTC') === readTime(other, 'UTC'));
}
