import type { Target } from '../../drivers/postgres.js';

/**
 * That both sides were compared whole and found equal, while the target followed. Every change since
 * was compared when it was applied, so it still holds.
 */
export interface Proof {
  at: Date;
  rows: number;
}

const CREATE = `
  CREATE TABLE IF NOT EXISTS cardctl.proof (
    id   integer PRIMARY KEY CHECK (id = 1),
    at   timestamptz NOT NULL,
    rows bigint NOT NULL
  )`;

/** Notes that the two sides are equal. */
export async function recordProof(
  target: Target,
  { tables }: { tables: readonly { rows: number }[] },
): Promise<void> {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  await target.query(CREATE);
  await target.query(
    `INSERT INTO cardctl.proof VALUES (1, now(), $1)
     ON CONFLICT (id) DO UPDATE SET at = excluded.at, rows = excluded.rows`,
    [rows],
  );
}

/** Notes that they are not, or that nobody knows. */
export async function dropProof(target: Target): Promise<void> {
  await target.query(CREATE);
  await target.query('DELETE FROM cardctl.proof');
}

/** Null when the two sides were never found equal, or were found to differ since. */
export async function readProof(target: Target): Promise<Proof | null> {
  const exists = await target.query(`SELECT 1 WHERE to_regclass('cardctl.proof') IS NOT NULL`);
  if (exists.rows.length === 0) return null;
  const { rows } = await target.query<{ ms: string; rows: string }>(
    'SELECT (extract(epoch FROM at) * 1000)::bigint AS ms, rows FROM cardctl.proof WHERE id = 1',
  );
  const [row] = rows;
  return row === undefined ? null : { at: new Date(Number(row.ms)), rows: Number(row.rows) };
}
