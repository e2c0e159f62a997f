/**
 * Writes to a game's SQLite file at a steady rate, one small transaction at a time, and notes when
 * each was committed and how long it took. What it inserted is known by the id that it got.
 *
 *     node --import tsx writer-process.ts FILE TRANSACTIONS_PER_SECOND NOTES
 */
import { createWriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';

const [path = '', rate = '300', notes = ''] = process.argv.slice(2);
const everyMs = 1_000 / Number(rate);

const db = new Database(path, { fileMustExist: true, timeout: 5_000 });
db.pragma('synchronous = FULL');
const players = db.prepare('SELECT user_id FROM players LIMIT 5000').pluck().all() as number[];
const touch = db.prepare('UPDATE players SET total_score = total_score + 1 WHERE user_id = ?');
const insert = db.prepare(`
  INSERT INTO fight_history (user_id, user_card_id, result, score_gained, hearts_lost, fought_at)
  VALUES (?, 'bench', 'win', 1, 0, '2026-01-01T00:00:00')`);

let isStopping = false;
process.on('SIGTERM', () => {
  isStopping = true;
});
const out = createWriteStream(notes);
process.stdout.write('ready\n');

const startedMs = performance.now();
for (let number = 0; !isStopping; number += 1) {
  const dueMs = startedMs + number * everyMs;
  const waitMs = dueMs - performance.now();
  if (waitMs > 0) await sleep(waitMs);
  const user = players[(number * 7919) % players.length];
  const beginMs = performance.now();
  db.exec('BEGIN IMMEDIATE');
  let id: number | bigint;
  try {
    touch.run(user);
    id = insert.run(user).lastInsertRowid;
  } catch {
    // The fence: writes are elsewhere now.
    break;
  }
  db.exec('COMMIT');
  const endMs = performance.now();
  // Wall time, as the reader of the other side has it, too.
  out.write(`${id} ${performance.timeOrigin + endMs} ${endMs - beginMs}\n`);
}
out.end();
db.close();
