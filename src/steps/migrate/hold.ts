import type { Client } from 'pg';
import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';

/** First half of the keys of our advisory locks: "card" in ASCII. The second half says which. */
const LOCKS = 0x63617264;
const HOLD = 1;
const WRITERS = 2;

/**
 * Holds the target for one migrate: two at once would load each row twice or wait for each other.
 * Postgres lets go by itself when the connection ends, however it ends.
 *
 * What a killed run left at work there is ended first: the server goes on building an index for a
 * client that is gone, and commits it behind the back of the run that looks what is there.
 *
 * @throws CardctlError `refused` while another migrate is at work there
 */
export async function holdTarget(target: Target): Promise<() => Promise<void>> {
  const client = await target.connect();
  try {
    const { rows } = await client.query<{ held: string }>(
      `SELECT pg_try_advisory_lock(${LOCKS}, ${HOLD}) AS held`,
    );
    if (rows[0]?.held !== 't') throw isHeld(target);
    await endWriters(client);
  } catch (error) {
    await client.end();
    throw target.explain(error);
  }
  return () => client.end();
}

/** Makes a connection known as one that writes for the migrate which holds the target. */
export async function joinHold(client: Client): Promise<void> {
  await client.query(`SELECT pg_advisory_lock_shared(${LOCKS}, ${WRITERS})`);
}

async function endWriters(client: Client): Promise<void> {
  await client.query(`
    SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = ${LOCKS} AND objid = ${WRITERS} AND objsubid = 2
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
  // Granted once the last of them has undone what it was at.
  await client.query(`SELECT pg_advisory_lock(${LOCKS}, ${WRITERS})`);
  await client.query(`SELECT pg_advisory_unlock(${LOCKS}, ${WRITERS})`);
}

function isHeld(target: Target): CardctlError {
  return new CardctlError('refused', `another migrate is at work on ${target.name}`, {
    hint: 'wait until it has ended; one that was killed is gone within seconds. Then: cardctl migrate --resume',
  });
}
