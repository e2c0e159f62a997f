import type { Client } from 'pg';

const CREATE = `
CREATE SCHEMA IF NOT EXISTS cardctl;
CREATE TABLE IF NOT EXISTS cardctl.migration (
  run         text PRIMARY KEY,
  fingerprint text NOT NULL,
  started_at  timestamptz NOT NULL DEFAULT now(),
  loaded_at   timestamptz
);
CREATE TABLE IF NOT EXISTS cardctl.copied_chunk (
  table_name text NOT NULL,
  chunk      integer NOT NULL,
  rows       bigint,
  bytes      bigint,
  PRIMARY KEY (table_name, chunk)
);
CREATE TABLE IF NOT EXISTS cardctl.left_out_column (
  table_name  text NOT NULL,
  column_name text NOT NULL,
  PRIMARY KEY (table_name, column_name)
);
`;

/** A load that was begun in this target. */
export interface MigrationRecord {
  run: string;
  fingerprint: string;
  loaded: boolean;
}

export interface CopiedChunk {
  rows: number;
  bytes: number;
}

/** Reads which load was begun in the target, or null when none was. */
export async function readMigrationRecord(client: Client): Promise<MigrationRecord | null> {
  const exists = await client.query(
    `SELECT to_regclass('cardctl.migration') IS NOT NULL AS it_does`,
  );
  if (exists.rows[0]?.it_does !== 't') return null;
  const { rows } = await client.query<{ run: string; fingerprint: string; loaded: string }>(
    'SELECT run, fingerprint, loaded_at IS NOT NULL AS loaded FROM cardctl.migration ORDER BY started_at DESC LIMIT 1',
  );
  const row = rows[0];
  if (row === undefined) return null;
  return { run: row.run, fingerprint: row.fingerprint, loaded: row.loaded === 't' };
}

/** A column of the source that the target is without, by its names in the source. */
export interface LeftOutColumn {
  table: string;
  column: string;
}

/**
 * Writes down that a load begins, and which columns it leaves out, so that verify misses no others;
 * part of the transaction that creates its tables.
 */
export async function recordMigration(
  client: Client,
  run: string,
  fingerprint: string,
  leftOut: readonly LeftOutColumn[],
): Promise<void> {
  await client.query(CREATE);
  await client.query('INSERT INTO cardctl.migration (run, fingerprint) VALUES ($1, $2)', [
    run,
    fingerprint,
  ]);
  for (const { table, column } of leftOut) {
    await client.query('INSERT INTO cardctl.left_out_column VALUES ($1, $2)', [table, column]);
  }
}

/** Chunks that are in the target already, by `table/chunk`. */
export async function readCopiedChunks(client: Client): Promise<Map<string, CopiedChunk>> {
  const { rows } = await client.query<{ id: string; rows: string; bytes: string }>(
    `SELECT table_name || '/' || chunk AS id, rows, bytes FROM cardctl.copied_chunk`,
  );
  return new Map(rows.map((row) => [row.id, { rows: Number(row.rows), bytes: Number(row.bytes) }]));
}

/**
 * Claims a chunk in the transaction that will copy it.
 *
 * @returns false when it is there already: a connection that was thought dead had committed it
 */
export async function claimChunk(client: Client, table: string, chunk: number): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO cardctl.copied_chunk (table_name, chunk) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
    [table, chunk],
  );
  return rowCount === 1;
}

/** Fills in what a claimed chunk held; same transaction. */
export async function recordChunk(
  client: Client,
  table: string,
  chunk: number,
  copied: CopiedChunk,
): Promise<void> {
  await client.query(
    'UPDATE cardctl.copied_chunk SET rows = $3, bytes = $4 WHERE table_name = $1 AND chunk = $2',
    [table, chunk, copied.rows, copied.bytes],
  );
}

/**
 * Marks the load as complete and forgets its chunks. Waits until that is on the server's disk, and
 * all before it with it: from here on nothing remembers how to make good what a crash loses.
 */
export async function recordLoaded(client: Client, run: string): Promise<void> {
  await client.query('BEGIN');
  await client.query('SET LOCAL synchronous_commit = on');
  await client.query('UPDATE cardctl.migration SET loaded_at = now() WHERE run = $1', [run]);
  await client.query('TRUNCATE cardctl.copied_chunk');
  await client.query('COMMIT');
}
