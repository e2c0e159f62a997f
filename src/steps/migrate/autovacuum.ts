import { qualified } from '../../schema/target-schema.js';

/**
 * Keeps autovacuum from a table that is being loaded. It comes for the new rows, and whoever builds
 * an index then waits until it has yielded, which it does after `deadlock_timeout`: a second.
 */
export function pauseAutovacuum(table: string): string {
  return `ALTER TABLE ${qualified(table)} SET (autovacuum_enabled = off)`;
}

/** The table is as any other from now on. */
export function resumeAutovacuum(table: string): string {
  return `ALTER TABLE ${qualified(table)} RESET (autovacuum_enabled)`;
}
