/** Which of the two databases. */
export type StoreKind = 'sqlite' | 'postgres';

/** Whose writes count. */
export interface Authority {
  store: StoreKind;
  /** Rises by one each time the authority changes. */
  epoch: number;
  /** Between two sides: nobody may write, for a moment. */
  moving: boolean;
}

/** Where nothing is said, the game is where it always was. */
export const FIRST_AUTHORITY: Authority = { store: 'sqlite', epoch: 0, moving: false };

/** Columns of the table in which each database says who may write; of types that both have. */
export const AUTHORITY_COLUMNS = `(
  id     bigint PRIMARY KEY,
  store  text NOT NULL,
  epoch  bigint NOT NULL,
  moving bigint NOT NULL
)`;

/**
 * Of what the two databases say, what holds: whoever has the higher epoch was told last. A crash
 * between the two leaves the other one behind.
 */
export function newerOf(one: Authority, other: Authority): Authority {
  return one.epoch >= other.epoch ? one : other;
}

export function otherThan(store: StoreKind): StoreKind {
  return store === 'sqlite' ? 'postgres' : 'sqlite';
}
