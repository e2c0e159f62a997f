import { CardctlError } from '../lib/errors.js';
import { type Authority, FIRST_AUTHORITY, type StoreKind } from '../sync/authority.js';
import type { Database, Executor, Row } from './executor.js';
import { hasTable } from './ledger-schema.js';
import { numberOf } from './values.js';

/** Who may write, as this database says. */
export async function readAuthority(db: Executor): Promise<Authority> {
  return (await hasTable(db, db.dialect.authorityTable)) ? authorityIn(db) : FIRST_AUTHORITY;
}

/** The same, where the table is known to be. */
export async function authorityIn(db: Executor): Promise<Authority> {
  const { authorityTable } = db.dialect;
  const [row] = await db.run(`SELECT store, epoch, moving FROM ${authorityTable} WHERE id = 1`);
  return row === undefined ? FIRST_AUTHORITY : authorityOf(row);
}

/** @param row with `store`, `epoch` and `moving`; a null store says nothing */
export function authorityOf(row: Row): Authority {
  if (row.store === null) return FIRST_AUTHORITY;
  return {
    store: row.store === 'postgres' ? 'postgres' : 'sqlite',
    epoch: numberOf(row.epoch),
    moving: numberOf(row.moving) !== 0,
  };
}

/** The two databases of a game, both prepared. */
export interface BothSides {
  sqlite: Database;
  postgres: Database;
}

/**
 * Makes a database the authority, in both, under a new epoch. Nobody checks here that it holds what
 * the other does. Ended in between, it leaves no authority at all; the same call then finishes it.
 */
export async function setAuthority(sides: BothSides, store: StoreKind): Promise<Authority> {
  const [loser, winner] =
    store === 'postgres' ? [sides.sqlite, sides.postgres] : [sides.postgres, sides.sqlite];
  const before = [await authoritySaidBy(loser), await authoritySaidBy(winner)];
  if (before.every((each) => each.store === store && !each.moving)) {
    const [first, second] = before as [Authority, Authority];
    if (first.epoch === second.epoch) return first;
  }
  const epoch = Math.max(...before.map((each) => each.epoch)) + 1;
  const authority: Authority = { store, epoch, moving: false };
  // The order matters: whose writes counted must refuse them before the other takes any.
  await write(loser, authority);
  await write(winner, authority);
  return authority;
}

function authoritySaidBy(database: Database): Promise<Authority> {
  return database.read({ copy: 'authority', behind: null, statements: 'several' }, readAuthority);
}

/** What each database says. */
export async function readAuthorities(sides: BothSides): Promise<Record<StoreKind, Authority>> {
  const [sqlite, postgres] = await Promise.all([
    authoritySaidBy(sides.sqlite),
    authoritySaidBy(sides.postgres),
  ]);
  return { sqlite, postgres };
}

/** Returns once every writer that had begun has ended; those that come later see the new authority. */
async function write(database: Database, { store, epoch, moving }: Authority): Promise<void> {
  const { authorityTable, kind } = database.dialect;
  await database.change(
    async (db) => {
      if (!(await hasTable(db, authorityTable))) throw notPrepared(kind);
      await db.run(
        `INSERT INTO ${authorityTable} (id, store, epoch, moving) VALUES (1, $1, $2, $3)
         ON CONFLICT (id) DO UPDATE
            SET store = excluded.store, epoch = excluded.epoch, moving = excluded.moving`,
        [store, epoch, moving ? 1 : 0],
      );
      return { commit: true, result: undefined };
    },
    { alone: true },
  );
}

/** The tables of `prepareStore` are not there. */
export function notPrepared(kind: StoreKind): CardctlError {
  const name = kind === 'sqlite' ? 'the SQLite file' : 'the Postgres database';
  return new CardctlError(
    kind === 'sqlite' ? 'source' : 'target',
    `${name} has no ledger of updates yet`,
    { hint: 'Set it up first: cardctl authority' },
  );
}
