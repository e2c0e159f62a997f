import pg from 'pg';
import { CardctlError } from '../lib/errors.js';
import { explainPostgresError, type TargetFacts } from './postgres-errors.js';
import { targetFactsOf } from './postgres-facts.js';
import { parseUrl, urlForPg } from './postgres-url.js';

export { SQLSTATE } from './postgres-errors.js';
export { describeTarget, redactUrl, urlOf } from './postgres-url.js';

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 10_000;

export interface TargetOptions {
  /** How the connections call themselves in pg_stat_activity; default `cardctl`. */
  applicationName?: string | undefined;
  /** How long a connection may take to be made, milliseconds; default 10,000. */
  connectTimeoutMs?: number | undefined;
}

/** A row whose values are the server's own text of them, or null. */
export type TextRow = Record<string, string | null>;

/** The target database. Holds no connection until one is asked for. */
export interface Target {
  /** `host:port/database`, for people. */
  readonly name: string;
  /** With the password: for child processes that connect themselves, never for people. */
  readonly url: string;
  /**
   * A connection of the caller's own, who ends it; `close` ends it too. Every value comes as the
   * server's text: no int8 or numeric passes through a number. An error while it is idle does not
   * crash the process: the next query on it fails.
   */
  connect(): Promise<pg.Client>;
  /** Runs one statement on a shared connection, after those asked for before. */
  query<Row extends TextRow = TextRow>(
    sql: string,
    values?: readonly unknown[],
  ): Promise<pg.QueryResult<Row>>;
  /** Says what is wrong, for errors that came from a connection of `connect`. */
  explain(error: unknown): CardctlError;
  /** Ends all connections. */
  close(): Promise<void>;
}

/**
 * Gives access to a Postgres database by its URL. No failure that it reports shows the password.
 *
 * @throws CardctlError `usage` when the URL cannot be read.
 */
export function openTarget(url: string, options: TargetOptions = {}): Target {
  const config = configOf(url, options);
  const facts = targetFactsOf(url);
  const clients = new Set<pg.Client>();
  const explain = (error: unknown) => explainPostgresError(facts, error);

  const connect = async (): Promise<pg.Client> => {
    const startedAt = performance.now();
    const client = newClient(config, explain);
    // Without a listener, an error between two queries would end the process.
    client.on('error', () => undefined);
    client.once('end', () => clients.delete(client));
    clients.add(client);
    try {
      await client.connect();
      return client;
    } catch (error) {
      clients.delete(client);
      await end(client);
      const waitedMs = performance.now() - startedAt;
      throw waitedMs < config.connectionTimeoutMillis ? explain(error) : timedOut(facts, waitedMs);
    }
  };

  const shared = sharedClient(connect);
  return {
    name: facts.name,
    url,
    connect,
    query: async <Row extends TextRow>(sql: string, values: readonly unknown[] = []) => {
      try {
        return await shared((client) => client.query<Row>(sql, [...values]));
      } catch (error) {
        throw explain(error);
      }
    },
    explain,
    close: async () => {
      await Promise.all([...clients].map(end));
    },
  };
}

type Config = pg.ClientConfig & { connectionTimeoutMillis: number };

function configOf(url: string, options: TargetOptions): Config {
  const { applicationName = 'cardctl', connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  return {
    connectionString: urlForPg(parseUrl(url)),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig,
  };
}

/** The constructor reads the files that the URL names, such as sslrootcert. */
function newClient(config: Config, explain: (error: unknown) => CardctlError): pg.Client {
  try {
    return new pg.Client(config);
  } catch (error) {
    throw explain(error);
  }
}

function timedOut({ name }: TargetFacts, waitedMs: number): CardctlError {
  const seconds = (waitedMs / 1_000).toFixed(0);
  return new CardctlError('target', `${name} did not answer within ${seconds} s`, {
    hint: 'Check host and port in --target, and the firewalls between here and there.',
    details: { target: name, waitedMs: Math.round(waitedMs) },
  });
}

type OnShared = <T>(work: (client: pg.Client) => Promise<T>) => Promise<T>;

/** One connection for one piece of work at a time, made when needed and again after it broke. */
function sharedClient(connect: () => Promise<pg.Client>): OnShared {
  let client: pg.Client | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const run = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    if (client === undefined) {
      const fresh = await connect();
      const forget = () => {
        if (client === fresh) client = undefined;
      };
      fresh.once('error', forget);
      fresh.once('end', forget);
      client = fresh;
    }
    return work(client);
  };
  return (work) => {
    const result = turn.then(() => run(work));
    turn = result.catch(() => undefined);
    return result;
  };
}

/** A broken connection is at its end already. */
async function end(client: pg.Client): Promise<void> {
  await client.end().catch(() => undefined);
}
