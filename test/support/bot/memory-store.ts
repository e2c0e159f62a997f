import { isDeepStrictEqual } from 'node:util';
import type { Reads } from '../../../src/store/reads.js';
import type {
  CardCooldownRow,
  CardCooldownSettingRow,
  CardRow,
  FightRow,
  NewFightHistory,
  OwnedCardRow,
  PlayerCardRow,
  PlayerRow,
} from '../../../src/store/rows.js';
import type { Authority, Reply, Store, StoreKind, Written } from '../../../src/store/store.js';
import type { Writes } from '../../../src/store/writes.js';

/**
 * STAND-IN for a store, for tests of the pipeline alone: what it does to the database is proven by
 * the tests of the real stores. It can do what those cannot be made to do, such as losing the
 * answer to a COMMIT.
 */
export interface MemoryStore extends Store {
  tables: Tables;
  authorityNow: Authority;
  /** What is thrown by the next calls of `write`, in order; after the commit or instead of it. */
  failures: { at: 'before' | 'after-commit'; error: Error }[];
  /** Calls of `read`: what they had to be behind of. */
  readsBehind: (string | null)[];
  ledger: Map<bigint, { replies: Reply[]; isSent: boolean; atMs: number }>;
  fileIds: Map<string, string>;
  /** What `write` waits for, so that a test can hold it in flight. */
  gate: Promise<void>;
}

export interface Tables {
  players: Map<bigint, PlayerRow>;
  cards: Map<string, CardRow>;
  playerCards: Map<bigint, PlayerCardRow>;
  fights: Map<string, FightRow>;
  history: NewFightHistory[];
  cooldowns: Map<string, CardCooldownRow>;
  settings: Map<string, CardCooldownSettingRow>;
}

export function memoryStore(kind: StoreKind = 'postgres'): MemoryStore {
  const tables: Tables = {
    players: new Map(),
    cards: new Map(),
    playerCards: new Map(),
    fights: new Map(),
    history: [],
    cooldowns: new Map(),
    settings: new Map(),
  };
  let turn: Promise<unknown> = Promise.resolve();
  let commits = 0;

  const store: MemoryStore = {
    kind,
    tables,
    authorityNow: { store: kind, epoch: 1, moving: false },
    failures: [],
    readsBehind: [],
    ledger: new Map(),
    fileIds: new Map(),
    gate: Promise.resolve(),
    authority: async () => store.authorityNow,
    write: (updateId, effect) => {
      const mine = turn.then(() => apply(updateId, effect));
      turn = mine.catch(() => undefined);
      return mine;
    },
    read: async (behind, body) => {
      store.readsBehind.push(behind);
      return body(readsOf(tables));
    },
    markSent: async (ids) => {
      if (store.authorityNow.store !== kind || store.authorityNow.moving) return false;
      for (const id of ids) {
        const entry = store.ledger.get(id);
        if (entry !== undefined) entry.isSent = true;
      }
      return true;
    },
    unsent: async (olderThanMs, limit) =>
      [...store.ledger]
        .filter(([, { isSent, atMs }]) => !isSent && atMs <= Date.now() - olderThanMs)
        .slice(0, limit)
        .map(([updateId, { replies }]) => ({ updateId, replies })),
    prune: async () => 0,
    fileId: async (path) => store.fileIds.get(path) ?? null,
    rememberFileId: async (path, fileId) => {
      store.fileIds.set(path, fileId);
    },
    close: async () => undefined,
  };

  const apply = async (
    updateId: bigint,
    effect: (writes: Writes) => Promise<Reply[]>,
  ): Promise<Written> => {
    await store.gate;
    const failure = store.failures.shift();
    if (failure?.at === 'before') throw failure.error;
    if (store.authorityNow.store !== kind || store.authorityNow.moving) {
      return { outcome: 'refused', authority: store.authorityNow };
    }
    const before = store.ledger.get(updateId);
    if (before !== undefined) {
      return { outcome: 'repeated', replies: before.isSent ? [] : before.replies };
    }
    const undo: (() => void)[] = [];
    const touched = new Set<bigint>();
    try {
      const replies = await effect(writesOf(tables, undo, touched));
      store.ledger.set(updateId, { replies, isSent: false, atMs: Date.now() });
      if (failure !== undefined) throw failure.error;
      commits += 1;
      return { outcome: 'applied', replies, position: `0/${commits}`, touched: [...touched] };
    } catch (error) {
      if (error !== failure?.error) for (const step of undo.reverse()) step();
      throw error;
    }
  };

  return store;
}

function readsOf(tables: Tables): Reads {
  const owned = (row: PlayerCardRow): OwnedCardRow[] => {
    const card = tables.cards.get(row.card_id);
    if (card === undefined) return [];
    const { name, rarity, power, speed, iq, popularity } = card;
    const { obtained_at: _, ...columns } = row;
    return [{ ...columns, name, rarity, power, speed, iq, popularity }];
  };
  const historyOf = (userId: bigint) => tables.history.filter((row) => row.user_id === userId);
  const cardsOf = (userId: bigint) =>
    [...tables.playerCards.values()].filter((row) => row.user_id === userId);
  return {
    player: async (userId) => tables.players.get(userId) ?? null,
    card: async (cardId) => tables.cards.get(cardId) ?? null,
    ownedCards: async (userId) => cardsOf(userId).flatMap(owned),
    ownedCard: async (id) => {
      const row = tables.playerCards.get(id);
      return row === undefined ? null : (owned(row)[0] ?? null);
    },
    notOwned: async (userId) => {
      const has = new Set(cardsOf(userId).map(({ card_id }) => card_id));
      return [...tables.cards.values()]
        .filter(({ card_id }) => !has.has(card_id))
        .map(({ card_id, rarity }) => ({ cardId: card_id, rarity }))
        .sort((a, b) => (a.cardId < b.cardId ? -1 : 1));
    },
    cooldowns: async (userId) =>
      [...tables.cooldowns.values()].filter((row) => row.user_id === userId),
    cooldownSetting: async (cardId) => tables.settings.get(cardId) ?? null,
    fight: async (fightId) => tables.fights.get(fightId) ?? null,
    profile: async (userId) => {
      const player = tables.players.get(userId);
      if (player === undefined) return null;
      const of = (result: string) => historyOf(userId).filter((row) => row.result === result);
      const counts = { wins: of('win').length, losses: of('loss').length, ties: of('tie').length };
      return { player, counts };
    },
    rank: async (score) =>
      1 + [...tables.players.values()].filter((row) => (row.total_score ?? 0) > score).length,
    leaderboard: async (since, limit) =>
      [...tables.players.values()]
        .map(({ user_id, username, first_name, total_score }) => ({
          user_id,
          username,
          first_name,
          score:
            since === null
              ? (total_score ?? 0)
              : historyOf(user_id)
                  .filter(({ fought_at }) => String(fought_at) >= since.iso)
                  .reduce((sum, { score_gained }) => sum + (score_gained ?? 0), 0),
          cards: cardsOf(user_id).length,
        }))
        .filter(({ score }) => since === null || score > 0)
        .sort((a, b) => b.score - a.score)
        .slice(0, limit),
  };
}

function writesOf(tables: Tables, undo: (() => void)[], touched: Set<bigint>): Writes {
  const put = <Key, Row>(table: Map<Key, Row>, key: Key, row: Row) => {
    const before = table.get(key);
    undo.push(() => (before === undefined ? table.delete(key) : table.set(key, before)));
    table.set(key, row);
  };
  const reads = readsOf(tables);
  let lastLock: 'none' | 'fight' | 'players' = 'none';
  return {
    ...reads,
    lockFight: async (fightId) => {
      if (lastLock === 'players') throw new Error('a fight is locked before its players');
      lastLock = 'fight';
      return reads.fight(fightId);
    },
    lockPlayers: async (userIds) => {
      lastLock = 'players';
      if (new Set(userIds).size !== userIds.length) throw new Error('a player is locked twice');
      return [...userIds]
        .sort((a, b) => (a < b ? -1 : 1))
        .flatMap((userId) => tables.players.get(userId) ?? []);
    },
    addPlayer: async (row) => {
      if (tables.players.has(row.user_id)) return false;
      touched.add(row.user_id);
      put(tables.players, row.user_id, row);
      return true;
    },
    updatePlayer: async (userId, changes) => {
      touched.add(userId);
      const row = tables.players.get(userId);
      if (row !== undefined) put(tables.players, userId, { ...row, ...changes });
    },
    addPlayerCard: async (row) => {
      const has = [...tables.playerCards.values()].some(
        ({ user_id, card_id }) => user_id === row.user_id && card_id === row.card_id,
      );
      if (has) return null;
      touched.add(row.user_id);
      const id = BigInt(tables.playerCards.size + 1);
      put(tables.playerCards, id, { id, ...row });
      return id;
    },
    raiseUsage: async (userId, cardId) => {
      for (const row of tables.playerCards.values()) {
        if (row.user_id !== userId || row.card_id !== cardId) continue;
        touched.add(userId);
        put(tables.playerCards, row.id, { ...row, usage_count: (row.usage_count ?? 0) + 1 });
      }
    },
    addFight: async (row) => put(tables.fights, row.fight_id, row),
    updateFight: async (fightId, changes) => {
      const row = tables.fights.get(fightId);
      if (row !== undefined) put(tables.fights, fightId, { ...row, ...changes });
    },
    addHistory: async (row) => {
      if (row.user_id !== null) touched.add(row.user_id);
      tables.history.push(row);
      undo.push(() => {
        tables.history.splice(
          tables.history.findIndex((each) => isDeepStrictEqual(each, row)),
          1,
        );
      });
    },
    setCooldown: async (row) => {
      touched.add(row.user_id);
      put(tables.cooldowns, `${row.user_id}:${row.card_id}`, row);
    },
  };
}
