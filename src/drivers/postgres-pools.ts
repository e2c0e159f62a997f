import type { Writable } from 'node:stream';
import pg from 'pg';
import { CardctlError } from '../lib/errors.js';
import { oneWriteATick } from './one-write-a-tick.js';
import { explainPostgresError, type TargetFacts } from './postgres-errors.js';
import { targetFactsOf } from './postgres-facts.js';
import { parseUrl, urlForPg } from './postgres-url.js';

export interface PoolSize {
  /** So many connections are kept when they have nothing to do. */
  min: number;
  max: number;
}

export interface PoolsOptions {
  primaryUrl: string;
  /** Where to read; the primary when there is none. */
  replicaUrl?: string | undefined;
  /** Default 5 to 20. */
  write?: PoolSize | undefined;
  /** Default 10 to 40. */
  read?: PoolSize | undefined;
  /** How long to wait for a connection, made or given back, milliseconds; default 3,000. */
  connectTimeoutMs?: number | undefined;
  /** How long a statement may take, waiting for locks included, milliseconds; default 10,000. */
  statementTimeoutMs?: number | undefined;
  /** How long a connection above `min` is kept unused, milliseconds; default 30,000. */
  idleTimeoutMs?: number | undefined;
  /**
   * PgBouncer in transaction mode is between: no statement is prepared under a name and no setting
   * is made at the start of a session, since a session is not ours there. Default false.
   */
  behindPgBouncer?: boolean | undefined;
  /** How the connections call themselves in pg_stat_activity; default `cardbot`. */
  applicationName?: string | undefined;
}

/** Connections to one server. Holds none until one is asked for. */
export interface Pool {
  /** `host:port/database`, for people. */
  readonly name: string;
  /** @throws CardctlError `target` when there is none within the timeout */
  connect(): Promise<pg.PoolClient>;
  explain(error: unknown): CardctlError;
}

export interface Pools {
  readonly write: Pool;
  /** For reading what the replica does not have yet, or all when there is none. */
  readonly readPrimary: Pool;
  readonly readReplica: Pool | null;
  /** Whether statements may be prepared under a name. */
  readonly namedStatements: boolean;
  /** Ends all connections, each as soon as it is given back. */
  close(): Promise<void>;
}

const WRITE: PoolSize = { min: 5, max: 20 };
const READ: PoolSize = { min: 10, max: 40 };

/** Connections to the primary that the pools of one process may take. */
export const CONNECTIONS_MAX = WRITE.max + READ.max;

/**
 * Gives access to a primary and its replica through pools. Several statements may be under way on
 * one connection; they are answered in their order. A connection that breaks does not end the
 * process: what is under way on it fails, and it leaves its pool.
 *
 * Values come as bigint (int8), number (other numbers that fit), boolean and text; a timestamp as
 * the bot writes it, `2025-10-11T10:20:30.123456`.
 *
 * @throws CardctlError `usage` when a URL cannot be read
 */
export function openPools(options: PoolsOptions): Pools {
  const { primaryUrl, replicaUrl, behindPgBouncer = false } = options;
  const { write = WRITE, read = READ } = options;
  const opened: pg.Pool[] = [];
  const open = (url: string, size: PoolSize) => {
    const { pool, raw } = openPool(url, size, options);
    opened.push(raw);
    return pool;
  };
  return {
    write: open(primaryUrl, write),
    readPrimary: open(primaryUrl, read),
    readReplica: replicaUrl === undefined ? null : open(replicaUrl, read),
    namedStatements: !behindPgBouncer,
    close: async () => {
      await Promise.all(opened.map((pool) => pool.end()));
    },
  };
}

const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 10_000;

/** How much longer than the server's own timeout an answer is waited for, milliseconds. */
const ANSWER_GRACE_MS = 2_000;

function openPool(url: string, { min, max }: PoolSize, options: PoolsOptions) {
  const {
    connectTimeoutMs = CONNECT_TIMEOUT_MS,
    statementTimeoutMs = STATEMENT_TIMEOUT_MS,
    idleTimeoutMs = IDLE_TIMEOUT_MS,
    behindPgBouncer = false,
    applicationName = 'cardbot',
  } = options;
  const facts = targetFactsOf(url);
  const explain = (error: unknown) => explainPostgresError(facts, error);
  const settings = {
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
  };
  const raw = new pg.Pool({
    connectionString: urlForPg(parseUrl(url)),
    application_name: applicationName,
    min,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    query_timeout: statementTimeoutMs + ANSWER_GRACE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    pipeline: true,
    types: VALUES,
    ...(behindPgBouncer ? {} : settings),
  });
  // Without listeners, an error of a connection would end the process, whether it is idle or lent.
  raw.on('error', () => undefined);
  raw.on('connect', (client) => {
    client.on('error', () => undefined);
    oneWriteATick(streamOf(client));
  });
  const connect = async () => {
    const startedAt = performance.now();
    try {
      return await raw.connect();
    } catch (error) {
      const waitedMs = performance.now() - startedAt;
      throw waitedMs < connectTimeoutMs ? explain(error) : timedOut(facts, waitedMs, max);
    }
  };
  return { raw, pool: { name: facts.name, connect, explain } satisfies Pool };
}

/** Not among the types of `pg`. */
function streamOf(client: pg.PoolClient): Writable {
  return (client as unknown as { connection: { stream: Writable } }).connection.stream;
}

function timedOut({ name }: TargetFacts, waitedMs: number, max: number): CardctlError {
  const seconds = (waitedMs / 1_000).toFixed(1);
  return new CardctlError('target', `no connection to ${name} within ${seconds} s`, {
    hint: `Either the server does not answer (try pg_isready), or all ${max} connections of the pool are at work.`,
    details: { target: name, waitedMs: Math.round(waitedMs), poolMax: max },
  });
}

const PARSERS: ReadonlyMap<number, (text: string) => unknown> = new Map<
  number,
  (text: string) => unknown
>([
  [pg.types.builtins.BOOL, (text) => text === 't'],
  [pg.types.builtins.INT8, BigInt],
  [pg.types.builtins.INT4, Number],
  [pg.types.builtins.INT2, Number],
  [pg.types.builtins.FLOAT8, Number],
  [pg.types.builtins.TIMESTAMP, timeText],
]);

const VALUES = {
  getTypeParser: (oid: number) => PARSERS.get(oid) ?? ((text: string) => text),
} as unknown as pg.CustomTypesConfig;

/** Postgres leaves out the zeros at the end of a fraction; Python writes all six digits or none. */
function timeText(text: string): string {
  const [whole = '', fraction] = text.replace(' ', 'T').split('.');
  return fraction === undefined ? whole : `${whole}.${fraction.padEnd(6, '0')}`;
}
