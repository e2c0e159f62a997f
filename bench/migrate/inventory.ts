import type { Source } from '../lib/source.js';
import { withClient } from './server.js';

/** What a contender left behind. */
export interface Inventory {
  rows: number;
  indexes: number;
  foreignKeys: number;
  /** Foreign keys that are `NOT VALID`. */
  notValid: number;
}

/**
 * Looks what is in a database now.
 *
 * @throws Error if a table does not have the source's number of rows
 */
export async function takeInventory(url: string, source: Source): Promise<Inventory> {
  return withClient(url, async (client) => {
    for (const [table, expected] of Object.entries(source.rows)) {
      const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM "${table}"`);
      if (rows[0]?.count !== `${expected}`) {
        throw new Error(`${table} has ${rows[0]?.count} rows, the source ${expected}`);
      }
    }
    const { rows } = await client.query<Record<keyof Omit<Inventory, 'rows'>, number>>(COUNTS);
    const [counts] = rows;
    if (counts === undefined) throw new Error('the catalog query gave no row');
    return { rows: source.rowsTotal, ...counts };
  });
}

const COUNTS = `
  SELECT (SELECT count(*)::int FROM pg_indexes WHERE schemaname = 'public') AS "indexes",
         count(*)::int AS "foreignKeys",
         (count(*) FILTER (WHERE NOT convalidated))::int AS "notValid"
  FROM pg_constraint
  WHERE contype = 'f' AND connamespace = 'public'::regnamespace`;
