import type { Clock } from '../lib/clock.js';
import { FIRST_AUTHORITY } from '../sync/authority.js';
import { authorityIn, readAuthority } from './authority.js';
import { createDeck } from './deck.js';
import type { Database, Ending, Executor, ReadFrom } from './executor.js';
import { readsOver } from './game-reads.js';
import { writesOver } from './game-writes.js';
import {
  arePruned,
  enter,
  type Found,
  forgetOldNumbering,
  type KnownTables,
  lookUp,
  markSent,
  pruneSome,
  takeUnsent,
} from './ledger.js';
import { hasTable } from './ledger-schema.js';
import { onlyOnce } from './only-once.js';
import { findFileId, rememberFileId } from './pictures.js';
import type { Authority, Reply, Store, Written } from './store.js';
import { type FoughtAtType, findFoughtAtType } from './tables/leaderboard.js';
import type { Writes } from './writes.js';

/** The game's state in one database, whichever it is. */
export function createStore(database: Database, clock: Clock): Store {
  const { kind } = database.dialect;
  const known: KnownTables = { authority: false, ledger: false };
  const foughtAtType = foughtAtTypeAskedOnce();
  const deck = createDeck(clock);

  /** Applies an update in a transaction of the caller's. */
  const apply = async (
    db: Executor,
    updateId: bigint,
    effect: (writes: Writes) => Promise<Reply[]>,
  ): Promise<Ending<Written>> => {
    const now = clock.now();
    const touched = new Set<bigint>();
    // Both are sent at once. Should the update turn out to be repeated or refused, the effect is
    // rolled back with the transaction, and what becomes of it does not matter.
    const looked = lookUp(db, known, updateId, now);
    const replied = effect(
      writesOver(db, readsOver(db, { deck, foughtAtType: () => foughtAtType(db) }), touched),
    );
    replied.catch(() => undefined);
    const found = await looked;
    const reason = reasonNot(found, kind);
    if (reason !== null) return { commit: false, result: reason };
    const replies = await replied;
    if (found.idsBeganAnew) forgetOldNumbering(db, now);
    enter(db, updateId, replies, now);
    return {
      commit: true,
      result: { outcome: 'applied', replies, position: null, touched: [...touched] },
    };
  };

  /** Changes something beside the game; `otherwise` while this database is not the authority. */
  const change = async <Result>(
    otherwise: Result,
    body: (db: Executor) => Promise<Result>,
  ): Promise<Result> => {
    const { result } = await database.change(async (db) => {
      known.authority ||= await hasTable(db, database.dialect.authorityTable);
      const asked = known.authority ? authorityIn(db) : FIRST_AUTHORITY;
      const changed = body(db);
      changed.catch(() => undefined);
      if (!mayWrite(await asked, kind)) return { commit: false, result: otherwise };
      return { commit: true, result: await changed };
    });
    return result;
  };

  return {
    kind,
    authority: () =>
      database.read({ copy: 'authority', behind: null, statements: 'several' }, readAuthority),
    write: async (updateId, effect) => {
      const { result, position } = await database.change((db) => apply(db, updateId, effect));
      return result.outcome === 'applied' ? { ...result, position } : result;
    },
    read: (behind, body, statements = 'several') => {
      const from: ReadFrom =
        behind === 'unknown'
          ? { copy: 'authority', behind: null, statements }
          : { copy: 'nearest', behind, statements };
      return database.read(from, (db) => {
        const asked = statements === 'one' ? onlyOnce(db) : db;
        return body(
          readsOver(asked, {
            // What is asked for once in a while is asked beside the one statement.
            deck: { all: () => deck.all(db), with: (_asked, cardIds) => deck.with(db, cardIds) },
            foughtAtType: () => foughtAtType(db),
          }),
        );
      });
    },
    markSent: async (updateIds) => {
      if (updateIds.length === 0) return true;
      return change(false, async (db) => {
        markSent(db, updateIds, clock.now());
        return true;
      });
    },
    unsent: (olderThanMs, limit) =>
      change([], (db) => takeUnsent(db, olderThanMs, limit, clock.now())),
    prune: async (olderThanMs) => {
      let pruned = 0;
      for (;;) {
        const some = await change(0, (db) => pruneSome(db, olderThanMs, clock.now()));
        pruned += some;
        if (arePruned(some)) return pruned;
      }
    },
    fileId: (imagePath) =>
      database.read({ copy: 'nearest', behind: null, statements: 'one' }, (db) =>
        findFileId(db, imagePath),
      ),
    rememberFileId: (imagePath, fileId) =>
      change(undefined, async (db) => rememberFileId(db, imagePath, fileId)),
    close: () => database.close(),
  };
}

/** Why an update is not to be applied here and now; null when it is. */
function reasonNot(found: Found, kind: Store['kind']): Written | null {
  const { authority, repeated } = found;
  if (!mayWrite(authority, kind)) return { outcome: 'refused', authority };
  return repeated === null ? null : { outcome: 'repeated', replies: repeated };
}

function mayWrite({ store, moving }: Authority, kind: Store['kind']): boolean {
  return store === kind && !moving;
}

function foughtAtTypeAskedOnce(): (db: Executor) => Promise<FoughtAtType> {
  let known: FoughtAtType | undefined;
  return async (db) => {
    known ??= await findFoughtAtType(db);
    return known;
  };
}
