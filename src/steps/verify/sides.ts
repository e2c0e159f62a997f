import type { Client } from 'pg';
import type { Target } from '../../drivers/postgres.js';
import { openSource, type Source } from '../../drivers/sqlite.js';
import { codeOf } from '../../lib/errors.js';

/** Both sides, each as it was at one moment. */
export interface Sides {
  source: Source;
  client: Client;
}

/** Opens both sides and holds the target's present moment for as long as the client is open. */
export async function openSides(snapshotPath: string, target: Target): Promise<Sides> {
  const client = await beginReading(target);
  try {
    return { source: openSource(snapshotPath), client };
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** A connection that sees the target as it is now, for as long as it is open. */
export async function holdMoment(target: Target): Promise<Client> {
  const client = await beginReading(target);
  // The moment is that of the first query.
  await client.query('SELECT 1');
  return client;
}

async function beginReading(target: Target): Promise<Client> {
  const client = await target.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return client;
  } catch (error) {
    await client.end();
    throw target.explain(error);
  }
}

export async function closeSides({ source, client }: Sides): Promise<void> {
  source.close();
  await client.end();
}

/** The id under which other connections can see the moment that a client holds. */
export async function shareMoment(client: Client): Promise<string> {
  const { rows } = await client.query<{ id: string }>('SELECT pg_export_snapshot() AS id');
  return rows[0]?.id ?? '';
}

/** Sees the target as it was at a shared moment; before the client's first query. */
export async function joinMoment(client: Client, moment: string): Promise<void> {
  await client.query(`SET TRANSACTION SNAPSHOT '${moment}'`);
}

/** What SQLite says is no fault of the target's; neither is a mistake of ours, which has no code. */
export function explainSides(target: Target, error: unknown): unknown {
  const code = codeOf(error);
  return code === undefined || code.startsWith('SQLITE_') ? error : target.explain(error);
}
