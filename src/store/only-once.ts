import { CardctlError } from '../lib/errors.js';
import type { Executor } from './executor.js';

/** Refuses a second statement: without a transaction it might see another moment. */
export function onlyOnce(db: Executor): Executor {
  let isUsed = false;
  return {
    ...db,
    run: (sql, values) => {
      if (isUsed)
        throw new CardctlError('internal', `a read of one statement asked for two: ${sql}`);
      isUsed = true;
      return db.run(sql, values);
    },
  };
}
