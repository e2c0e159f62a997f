import type { Client } from 'pg';
import type { FollowedTable } from '../followed-table.js';
import { tableSql } from './key-sql.js';

/** What is to come into a table, in the form of the table. */
export const INCOMING = 'pg_temp.cardctl_incoming';

/** Makes the table of what is to come; it goes with the transaction. */
export async function createIncoming(client: Client, table: FollowedTable): Promise<void> {
  await client.query(
    `DROP TABLE IF EXISTS ${INCOMING};
     CREATE TEMP TABLE cardctl_incoming (LIKE ${tableSql(table)} INCLUDING GENERATED) ON COMMIT DROP`,
  );
}

/**
 * Deletes rows that have a unique value of a row that is to come. Of a part of a backlog only: such
 * a row has another value by now in the authority, or is gone there, and comes with a later part.
 */
export async function makeRoom(client: Client, table: FollowedTable): Promise<void> {
  for (const { columns, condition } of await uniqueIndexes(client, table)) {
    const names = columns.map((_, place) => `cardctl_${place}`);
    const incoming = columns.map((column, place) => `${column} AS ${names[place]}`).join(', ');
    const meets = columns.map((column, place) => `(${column}) = incoming.${names[place]}`);
    await client.query(
      `DELETE FROM ${tableSql(table)} AS there
        USING (SELECT ${incoming} FROM ${INCOMING} WHERE ${condition}) AS incoming
        WHERE ${meets.join(' AND ')} AND ${condition}`,
    );
  }
}

interface UniqueIndex {
  /** Columns and expressions, over the bare names of columns. */
  columns: string[];
  condition: string;
}

async function uniqueIndexes(client: Client, table: FollowedTable): Promise<UniqueIndex[]> {
  const { rows } = await client.query<{ columns: string; condition: string }>(
    `SELECT coalesce(pg_get_expr(i.indpred, i.indrelid), 'true') AS condition,
            (SELECT json_agg(pg_get_indexdef(i.indexrelid, place, false) ORDER BY place)
               FROM generate_series(1, i.indnkeyatts) AS place) AS columns
       FROM pg_index i WHERE i.indrelid = CAST($1 AS regclass) AND i.indisunique`,
    [tableSql(table)],
  );
  return rows.map(({ columns, condition }) => ({ columns: JSON.parse(columns), condition }));
}
