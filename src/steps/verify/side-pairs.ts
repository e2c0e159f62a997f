import type { Client } from 'pg';
import type { Target } from '../../drivers/postgres.js';
import { openSource, type Source } from '../../drivers/sqlite.js';
import { SourceThread } from './source-thread.js';

/** Tables compared at the same time: while one waits for the target, SQLite reads for the other. */
const TABLES_AT_ONCE = 2;

/** A connection to each side: one table is compared over a pair at a time. */
export interface SidePair {
  source: Source;
  thread: SourceThread;
  client: Client;
}

/** Runs the body with pairs that all see the target at the same moment, and closes them. */
export async function withSidePairs<Result>(
  snapshotPath: string,
  target: Target,
  signal: AbortSignal,
  body: (pairs: readonly [SidePair, ...SidePair[]]) => Promise<Result>,
): Promise<Result> {
  const pairs: SidePair[] = [];
  try {
    const first = await openPair(snapshotPath, target, pairs);
    const moment = await momentOf(first.client);
    while (pairs.length < TABLES_AT_ONCE) {
      const { client } = await openPair(snapshotPath, target, pairs);
      await client.query(`SET TRANSACTION SNAPSHOT '${moment}'`);
    }
    return await body([first, ...pairs.slice(1)]);
  } catch (error) {
    throw signal.aborted ? error : target.explain(error);
  } finally {
    await Promise.all(pairs.map(closePair));
  }
}

/** Adds the pair as soon as it is to be closed, whatever fails behind that. */
async function openPair(
  snapshotPath: string,
  target: Target,
  pairs: SidePair[],
): Promise<SidePair> {
  const client = await target.connect();
  let source: Source;
  try {
    source = openSource(snapshotPath);
  } catch (error) {
    await client.end();
    throw error;
  }
  const pair = { source, thread: new SourceThread(snapshotPath), client };
  pairs.push(pair);
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  return pair;
}

async function momentOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ id: string }>('SELECT pg_export_snapshot() AS id');
  return rows[0]?.id ?? '';
}

async function closePair({ source, thread, client }: SidePair): Promise<void> {
  source.close();
  await Promise.all([thread.close(), client.end()]);
}
