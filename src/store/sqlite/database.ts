import { patiently } from '../../drivers/sqlite-patience.js';
import type { WritableFile } from '../../drivers/sqlite-writable.js';
import { inTurn } from '../../lib/in-turn.js';
import type { Database, Ending, Executor } from '../executor.js';
import { SQLITE_DIALECT } from './dialect.js';
import { executorOf, type RunStatement, statementsOn } from './executor.js';

/**
 * Transactions on a SQLite file: one at a time for writing and one at a time for reading, beside
 * those of other processes. A write transaction excludes every other, and so a change of the
 * authority too.
 */
export function sqliteDatabase(file: WritableFile): Database {
  const writing = statementsOn(file.writer, file.explain);
  const reading = statementsOn(file.reader, file.explain);
  const writeTurn = inTurn();
  const readTurn = inTurn();
  return {
    dialect: SQLITE_DIALECT,
    change: (body) =>
      writeTurn(async () => {
        await patiently(file, () => file.writer.exec('BEGIN IMMEDIATE'));
        return transaction(file, writing, body);
      }),
    read: (_from, body) =>
      readTurn(async () => {
        await patiently(file, () => beginReading(file));
        const { db, end } = executorOf(reading);
        try {
          return await body(db);
        } finally {
          end();
          file.reader.exec('ROLLBACK');
        }
      }),
    close: async () => {
      await writeTurn(async () => undefined);
      await readTurn(async () => undefined);
      file.close();
    },
  };
}

async function transaction<Result>(
  file: WritableFile,
  run: RunStatement,
  body: (db: Executor) => Promise<Ending<Result>>,
) {
  const { db, failure, end } = executorOf(run);
  try {
    const { commit, result } = await body(db);
    end();
    if (commit) {
      if (failure() !== undefined) throw failure();
      // Readers may hold it up; none can begin while it waits.
      await patiently(file, () => file.writer.exec('COMMIT'));
    }
    return { result, position: null };
  } finally {
    end();
    if (file.writer.inTransaction) file.writer.exec('ROLLBACK');
  }
}

/** Takes the lock of a reader at once, so that nothing after it finds the file locked. */
function beginReading({ reader }: WritableFile): void {
  reader.exec('BEGIN');
  try {
    reader.exec('SELECT 1 FROM sqlite_schema LIMIT 1');
  } catch (error) {
    reader.exec('ROLLBACK');
    throw error;
  }
}
