import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';
import { openSession } from './connection.js';
import { applierHolders, namesOf, TRY_APPLIER_LOCK } from './locks.js';
import { APPLIER_SETTING } from './scaffolding.js';

/** The right to apply changes to the target, which one session has at a time. */
export interface Lease {
  /** The session that has it, and which the fence lets pass. */
  readonly client: Client;
  /** Known to this session alone; of an earlier lease it opens nothing. */
  readonly token: string;
  /**
   * Aborted, with an error as its reason, when the session has ended without being asked to:
   * somebody else may have the lease.
   */
  readonly lost: AbortSignal;
  /** Notes by the server's clock that the target has all that its authority has written. */
  noteSeen(): Promise<void>;
  /** Gives the lease back and ends its session. */
  release(): Promise<void>;
}

/**
 * Takes the lease. Postgres takes it back when the session ends, however it ends.
 *
 * @throws CardctlError `refused` while another session has it, by name, or when the target follows
 * nobody
 */
export async function openLease(target: Target): Promise<Lease> {
  const client = await openSession(target);
  try {
    const { rows } = await client.query<{ is_ours: string }>(TRY_APPLIER_LOCK);
    if (rows[0]?.is_ours !== 't') throw await isHeld(target, client);
    const token = randomBytes(16).toString('hex');
    await watchForDeadPeers(client);
    await becomeApplier(target, client, token);
    return leaseOn(target, client, token);
  } catch (error) {
    await client.end();
    throw target.explain(error);
  }
}

function leaseOn({ name }: Target, client: Client, token: string): Lease {
  const lost = new AbortController();
  const lose = () => lost.abort(isLost(name));
  client.once('error', lose);
  client.once('end', lose);
  return {
    client,
    token,
    lost: lost.signal,
    noteSeen: async () => {
      await client.query('UPDATE cardctl.follow SET seen_at = now() WHERE id = 1');
    },
    release: async () => {
      client.off('error', lose);
      client.off('end', lose);
      await client.end();
    },
  };
}

function isLost(name: string): CardctlError {
  return new CardctlError('target', `the connection that followed ${name} has ended`, {
    hint: 'Nothing was skipped. Go on where it stood: cardctl follow',
  });
}

/** A host that vanished must not keep the lease for the hours that TCP allows by default. */
async function watchForDeadPeers(client: Client): Promise<void> {
  await client.query(`
    SET tcp_keepalives_idle = 10;
    SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 3`);
}

async function becomeApplier({ name }: Target, client: Client, token: string): Promise<void> {
  const { rows } = await client.query(`SELECT 1 WHERE to_regclass('cardctl.follow') IS NOT NULL`);
  const updated =
    rows.length > 0 &&
    (await client.query('UPDATE cardctl.follow SET applier_token = $1 WHERE id = 1', [token]))
      .rowCount === 1;
  if (!updated) {
    throw new CardctlError('refused', `${name} does not follow a SQLite file`, {
      hint: 'Load it, and have it follow: cardctl migrate --follow',
    });
  }
  await client.query(`SELECT set_config('${APPLIER_SETTING}', $1, false)`, [token]);
}

async function isHeld({ name }: Target, client: Client): Promise<CardctlError> {
  const holders = await applierHolders(client);
  const by = holders.length === 0 ? 'another session' : namesOf(holders);
  return new CardctlError('refused', `${name} is being followed by ${by}`, {
    hint: 'One process at a time may do that. What it does says: cardctl status',
    details: { holders },
  });
}
