import type { WritableFile } from '../../drivers/sqlite-writable.js';
import type { Clock } from '../../lib/clock.js';
import { createStore } from '../create-store.js';
import type { Store } from '../store.js';
import { sqliteDatabase } from './database.js';

/** The game in its SQLite file, which the store closes with itself. */
export function sqliteStore(file: WritableFile, clock: Clock): Store {
  return createStore(sqliteDatabase(file), clock);
}
