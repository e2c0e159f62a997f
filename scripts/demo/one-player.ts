import Database from 'better-sqlite3';
import Table from 'cli-table3';
import pg from 'pg';

const PLAYER = `
  SELECT p.user_id, p.first_name, p.total_score, count(c.id) AS cards, max(c.obtained_at) AS newest_card
  FROM players p JOIN player_cards c ON c.user_id = p.user_id
  WHERE p.first_name IS NOT NULL
  GROUP BY p.user_id, p.first_name, p.total_score
  ORDER BY p.total_score DESC, p.user_id LIMIT 1`;

type Row = Record<string, unknown>;

/** Asks both databases the same question, with plain drivers and the same SQL. */
export async function showOnePlayer(sourcePath: string, targetUrl: string): Promise<void> {
  const source = new Database(sourcePath, { readonly: true });
  const left = source.prepare<[], Row>(PLAYER).get() ?? {};
  source.close();
  const client = new pg.Client(targetUrl);
  await client.connect();
  const right = (await client.query<Row>(PLAYER)).rows[0] ?? {};
  await client.end();
  const table = new Table({ head: ['', 'SQLite', 'Postgres'], style: { head: [], border: [] } });
  for (const [name, value] of Object.entries(left)) {
    table.push([name, String(value), String(right[name])]);
  }
  console.log(table.toString());
}
