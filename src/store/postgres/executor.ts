import type { PoolClient, QueryResult } from 'pg';
import type { Pool } from '../../drivers/postgres-pools.js';
import type { Executor, Row, Value } from '../executor.js';
import { POSTGRES_DIALECT } from './dialect.js';

/** An executor on a connection that was lent, until it is given back. */
export interface Session {
  db: Executor;
  /** Sends SQL without values, of one statement or several, and without an answer to wait for. */
  begin(sql: string): void;
  /** Sends the last SQL; whatever is sent later goes nowhere. */
  end(sql: string): Promise<QueryResult[]>;
  /** What went wrong first, as `pg` threw it. */
  failure(): unknown;
}

export function sessionOn(client: PoolClient, pool: Pool, namedStatements: boolean): Session {
  let failure: unknown;
  let hasEnded = false;

  const noted = (error: unknown): never => {
    failure ??= error;
    throw pool.explain(error);
  };
  const ask = (sql: string, values: readonly Value[]): Promise<Row[]> => {
    if (hasEnded) return new Promise(() => undefined);
    const name = namedStatements ? nameOf(sql) : undefined;
    const query = { text: sql, values: values as Value[], ...(name === undefined ? {} : { name }) };
    const rows = client.query<Row>(query).then((result) => result.rows, noted);
    // Whoever asked hears of it, if anybody still listens; the transaction fails in any case.
    rows.catch(() => undefined);
    return rows;
  };
  const sendPlain = (sql: string): Promise<QueryResult[]> => {
    const results = client.query(sql) as unknown as Promise<QueryResult | QueryResult[]>;
    return results.then((result) => (Array.isArray(result) ? result : [result]), noted);
  };

  return {
    db: {
      dialect: POSTGRES_DIALECT,
      run: (sql, values = []) => ask(sql, values),
      send: (sql, values = []) => void ask(sql, values),
    },
    begin: (sql) => void sendPlain(sql).catch(() => undefined),
    end: (sql) => {
      hasEnded = true;
      return sendPlain(sql);
    },
    failure: () => failure,
  };
}

/** The texts of statements are few, so that all keep the name that they once got. */
const names = new Map<string, string>();

function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) {
    name = `cardbot_${names.size}`;
    names.set(sql, name);
  }
  return name;
}
