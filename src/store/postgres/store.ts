import type { Pools } from '../../drivers/postgres-pools.js';
import type { Clock } from '../../lib/clock.js';
import { createStore } from '../create-store.js';
import type { Store } from '../store.js';
import { postgresDatabase } from './database.js';
import type { ReplicaOptions } from './replica.js';

/** The game in Postgres. The store closes the pools with itself. */
export function postgresStore(pools: Pools, clock: Clock, replica?: ReplicaOptions): Store {
  return createStore(postgresDatabase(pools, clock, replica), clock);
}
