import type { Client } from 'pg';

/**
 * Resolves once the server's write-ahead log is on disk up to a place in it (`pg_lsn`). A snapshot
 * shows more than a crash leaves: commits under `synchronous_commit = off`, and ids of transactions
 * that were rolled back, which are then given out once more. What another database is told must be
 * there afterwards as well.
 *
 * Mostly it is there already, and nothing is written. The message, which nobody reads, is there to be
 * committed: that is what waits for the disk, and any role may do it.
 * https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-REPLICATION
 */
export async function flushWal(client: Client, through: string): Promise<void> {
  await client.query({
    name: 'cardctl_flush_wal',
    text: `SELECT pg_logical_emit_message(true, 'cardctl', '')
            WHERE pg_current_wal_flush_lsn() < CAST($1 AS pg_lsn)`,
    values: [through],
  });
}
