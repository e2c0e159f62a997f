import type { Clock } from '../lib/clock.js';
import type { Database } from './executor.js';
import { numberOf } from './values.js';

/** A clock that shows the time of a database's machine. */
export interface DatabaseClock extends Clock {
  stop(): void;
}

const SET_EVERY_MS = 10_000;

/** An answer that took longer says too little about when it was given, ms. */
const ROUND_TRIP_MS_MAX = 1_000;

/**
 * The bots of a stack share one database, and not one clock. One whose clock is an hour off would
 * find a challenge expired that has just been opened, and send again what another bot is sending.
 * So all of them go by the clock of the database, as far as it can be told over a network.
 *
 * @throws CardctlError `source` or `target` when the database cannot be asked for the first time
 */
export async function databaseClock(database: Database, own: Clock): Promise<DatabaseClock> {
  let aheadOfMonotonicMs: number | null = null;
  const set = async () => {
    const askedAtMs = own.monotonicMs();
    const databaseMs = await askTime(database);
    const roundTripMs = own.monotonicMs() - askedAtMs;
    if (aheadOfMonotonicMs !== null && roundTripMs > ROUND_TRIP_MS_MAX) return;
    aheadOfMonotonicMs = databaseMs - (askedAtMs + roundTripMs / 2);
  };
  await set();
  // When it cannot be asked, the clock goes on as it was.
  const timer = setInterval(() => void set().catch(() => undefined), SET_EVERY_MS);
  timer.unref();
  return {
    now: () => new Date(own.monotonicMs() + (aheadOfMonotonicMs ?? 0)),
    monotonicMs: own.monotonicMs,
    stop: () => clearInterval(timer),
  };
}

async function askTime(database: Database): Promise<number> {
  const { nowMs } = database.dialect;
  const from = { copy: 'authority', behind: null, statements: 'one' } as const;
  const [row] = await database.read(from, (db) => db.run(`SELECT ${nowMs} AS now_ms`));
  return numberOf(row?.now_ms);
}
