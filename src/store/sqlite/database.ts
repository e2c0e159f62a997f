import { setTimeout as sleep } from 'node:timers/promises';
import type { WritableFile } from '../../drivers/sqlite-writable.js';
import type { Database, Ending, Executor } from '../executor.js';
import { SQLITE_DIALECT } from './dialect.js';
import { executorOf, type RunStatement, statementsOn } from './executor.js';
import { inTurn } from './in-turn.js';

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

/** As SQLite's own busy handler waits, but for the thread, which goes on. Milliseconds. */
const PAUSES_MS = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];

/**
 * Tries again while somebody else holds the file.
 *
 * @throws CardctlError `source` when it is held for longer than the busy timeout
 */
async function patiently(file: WritableFile, work: () => void): Promise<void> {
  const deadline = performance.now() + file.busyTimeoutMs;
  for (let tries = 0; ; tries += 1) {
    try {
      work();
      return;
    } catch (error) {
      const leftMs = deadline - performance.now();
      if (!file.isBusy(error) || leftMs <= 0) throw file.explain(error);
      await sleep(Math.min(PAUSES_MS[tries] ?? 100, leftMs));
    }
  }
}
