import type { Client } from 'pg';
import { SQLSTATE, type Target } from '../../drivers/postgres.js';
import { CardctlError, codeOf, messageOf } from '../../lib/errors.js';

/** Each row's values as the server's text of them. */
export type Row = Record<string, string | null>;

/** A connection for one piece of work at a time, those that are asked for later in their turn. */
export interface Connection {
  /** @throws CardctlError whatever the work threw, explained */
  run<Result>(work: (client: Client) => Promise<Result>): Promise<Result>;
  /**
   * Runs a transaction, rolled back when the work throws.
   *
   * @param begin SQL that begins it
   * @throws CardctlError whatever the work threw, explained
   */
  transaction<Result>(begin: string, work: (client: Client) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** A connection that is made when it is first needed, and again after it broke. */
export function openConnection(target: Target): Connection {
  let client: Client | undefined;
  const connected = async () => {
    if (client !== undefined) return client;
    const fresh = await openSession(target);
    const forget = () => {
      if (client === fresh) client = undefined;
    };
    fresh.once('error', forget);
    fresh.once('end', forget);
    client = fresh;
    return fresh;
  };
  return {
    ...connectionOver(target, connected),
    close: async () => void (await client?.end()),
  };
}

/** The same on a connection that is somebody else's to end. */
export function connectionOver(
  target: Target,
  connect: () => Promise<Client>,
): Omit<Connection, 'close'> {
  let turn: Promise<unknown> = Promise.resolve();
  const run: Connection['run'] = (work) => {
    const result = turn.then(async () => {
      try {
        return await work(await connect());
      } catch (error) {
        throw explained(target, error);
      }
    });
    turn = result.catch(() => undefined);
    return result;
  };
  return {
    run,
    transaction: (begin, work) =>
      run(async (client) => {
        try {
          await client.query(begin);
          const result = await work(client);
          await client.query('COMMIT');
          return result;
        } catch (error) {
          await client.query('ROLLBACK').catch(() => undefined);
          throw error;
        }
      }),
  };
}

/**
 * A session in which values are written in one way only, whatever the role's or the database's own
 * settings are, which waits for nothing longer than it says, and whose commits outlive a crash: a
 * follower would stand behind its authority's log, or both sides would give the authority away. All
 * that is read in it is read by an index: the log grows and shrinks faster than the planner's
 * statistics follow.
 */
export async function openSession(target: Target): Promise<Client> {
  const client = await target.connect();
  try {
    await client.query(SETTINGS);
    return client;
  } catch (error) {
    await client.end();
    throw target.explain(error);
  }
}

const SETTINGS = `
  SET search_path = pg_catalog;
  SET standard_conforming_strings = on;
  SET bytea_output = hex;
  SET extra_float_digits = 1;
  SET datestyle = ISO;
  SET timezone = 'UTC';
  SET enable_seqscan = off;
  SET statement_timeout = 0;
  SET lock_timeout = 0;
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
  SET idle_in_transaction_session_timeout = '60s';
  SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'`;

function explained(target: Target, error: unknown): CardctlError {
  const code = codeOf(error);
  // The fence says itself where to write: that is no failure of the server.
  if (code === SQLSTATE.fenced) {
    return refused(messageOf(error), 'See who is the authority now: cardctl status', error);
  }
  if (code === SQLSTATE.undefinedTable || code === SQLSTATE.undefinedColumn) {
    const changed = `${target.name} is not as it was when it began to follow: ${messageOf(error)}`;
    return refused(changed, 'Load it anew: cardctl migrate --follow --clean', error);
  }
  return target.explain(error);
}

function refused(message: string, hint: string, cause: unknown): CardctlError {
  return new CardctlError('refused', message, { hint, cause });
}
