import type { Database, Statement } from 'better-sqlite3';
import type { CardctlError } from '../../lib/errors.js';
import type { Executor, Row, Value } from '../executor.js';
import { SQLITE_DIALECT } from './dialect.js';

/** Statements on one connection. Each is prepared once and kept. */
export type RunStatement = (sql: string, values?: readonly Value[]) => Row[];

export function statementsOn(
  db: Database,
  explain: (error: unknown) => CardctlError,
): RunStatement {
  const prepared = new Map<string, Statement>();
  return (sql, values = []) => {
    try {
      let statement = prepared.get(sql);
      if (statement === undefined) {
        statement = db.prepare(sql);
        prepared.set(sql, statement);
      }
      if (statement.reader) return statement.all(bound(values)) as Row[];
      statement.run(bound(values));
      return [];
    } catch (error) {
      throw explain(error);
    }
  };
}

/** An executor for one transaction, after whose end it does nothing. */
export function executorOf(run: RunStatement): { db: Executor; failure(): unknown; end(): void } {
  let failure: unknown;
  let hasEnded = false;
  const tried = (sql: string, values?: readonly Value[]): Row[] => {
    try {
      return run(sql, values);
    } catch (error) {
      failure ??= error;
      throw error;
    }
  };
  const db: Executor = {
    dialect: SQLITE_DIALECT,
    run: (sql, values) => {
      if (hasEnded) return new Promise(() => undefined);
      const rows = new Promise<Row[]>((resolve) => resolve(tried(sql, values)));
      // Whoever asked for the rows hears of it, if anybody still listens.
      rows.catch(() => undefined);
      return rows;
    },
    send: (sql, values) => {
      if (!hasEnded) tried(sql, values);
    },
  };
  const end = () => {
    hasEnded = true;
  };
  return { db, failure: () => failure, end };
}

/** `$1` is a name to SQLite. A whole number is bound as an integer, not as a REAL. */
function bound(values: readonly Value[]): Record<number, Value> {
  const named: Record<number, Value> = {};
  values.forEach((value, place) => {
    named[place + 1] =
      typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  });
  return named;
}
