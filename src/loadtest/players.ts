import type { Dice } from './dice.js';

export interface Player {
  readonly userId: number;
  readonly name: string;
  /** The group that this player fights in. */
  readonly groupId: number;
  /** Not known to the bot before its first /start. */
  readonly isNew: boolean;
  hasActed: boolean;
  hasClaimed: boolean;
}

export interface PlayersOptions {
  users: number;
  /** Players of the database to play; as many as are needed are drawn from them. */
  userIds: readonly number[];
  /** The share of players that the bot has never seen, 0 to 1; more when `userIds` are too few. */
  newShare: number;
  /** New players are numbered from here. */
  newUserIdFrom: number;
  groupSize: number;
}

export interface Players {
  readonly all: readonly Player[];
  byId(userId: number): Player | undefined;
  /** Whose turn it is. Everyone gets as many turns, about evenly spaced, in no fixed order. */
  next(): Player;
}

/** Supergroups have ids from here down. */
const FIRST_GROUP_ID = -1_002_000_000_000;

/** How far, in parts of a round, a turn can come before or after its place. */
const TURN_SHIFT = 0.2;

/** The players of a load test. The same seed makes the same players take the same turns. */
export function createPlayers(options: PlayersOptions, dice: Dice): Players {
  const all = drawUserIds(options, dice).map(({ userId, isNew }, index) => ({
    userId,
    isNew,
    name: `Player ${index + 1}`,
    groupId: FIRST_GROUP_ID - Math.floor(index / options.groupSize),
    hasActed: false,
    hasClaimed: false,
  }));
  const byId = new Map<number, Player>(all.map((player) => [player.userId, player]));
  return { all, byId: (userId) => byId.get(userId), next: createTurns(all, dice) };
}

function drawUserIds(
  { users, userIds, newShare, newUserIdFrom }: PlayersOptions,
  dice: Dice,
): { userId: number; isNew: boolean }[] {
  const known = shuffled(userIds, dice).slice(0, users - Math.round(users * newShare));
  const taken = new Set(userIds);
  const drawn = known.map((userId) => ({ userId, isNew: false }));
  for (let userId = newUserIdFrom; drawn.length < users; userId += 1) {
    if (!taken.has(userId)) drawn.push({ userId, isNew: true });
  }
  // New ones among the others, so that every group has some.
  return shuffled(drawn, dice);
}

function createTurns(all: readonly Player[], dice: Dice): () => Player {
  const ring = shuffled(all, dice);
  const shift = Math.max(1, Math.floor(ring.length * TURN_SHIFT));
  let place = 0;
  return () => {
    const other = (place + Math.floor(dice.roll() * shift)) % ring.length;
    const [here, there] = [ring[place], ring[other]];
    if (here === undefined || there === undefined) throw new Error('there are no players');
    ring[place] = there;
    ring[other] = here;
    place = (place + 1) % ring.length;
    return there;
  };
}

/** Fisher and Yates. */
function shuffled<Item>(items: readonly Item[], dice: Dice): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(dice.roll() * (last + 1));
    const [one, two] = [result[last], result[other]];
    result[last] = two as Item;
    result[other] = one as Item;
  }
  return result;
}
