import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { attempts, dice } from '../../support/dice.js';
import { GAMES, type GameInDatabase } from '../../support/game-stores.js';
import { startProcess } from '../../support/process.js';
import { tempDir } from '../../support/temp-dir.js';

const UPDATES = 3_000;

describe.each(Object.entries(GAMES))('crash mid write, in %s', (_name, make) => {
  it('every update is applied once, however often its bot is killed', async () => {
    const { roll } = dice('moment of the kill');
    const game = await make();
    const [player] = await game.query('SELECT min(user_id) AS id FROM players');
    const userId = player?.id as bigint;
    await game.query(`UPDATE players SET total_score = 0 WHERE user_id = ${userId}`);
    const ledgerPath = join(await tempDir(), 'ledger');
    writeFileSync(ledgerPath, '');
    for (let kill = 0; kill < attempts(3); kill += 1) {
      await writeUntilKilled(game, userId, ledgerPath, 5 + roll() * 300);
      const acknowledged = acknowledgedIn(ledgerPath);
      expect(acknowledged.length).toBeGreaterThan(0);
      expect(await appliedOnce(game, userId)).toEqual(expect.arrayContaining(acknowledged));
    }
    const last = startWriter(game, userId, acknowledgedIn(ledgerPath));
    const { exitCode, stderr } = await last.finished;
    expect(exitCode, stderr).toBe(0);
    const all = Array.from({ length: UPDATES }, (_, place) => `update ${place + 1}`);
    expect((await appliedOnce(game, userId)).toSorted()).toEqual(all.toSorted());
    const rows = await game.query(`SELECT total_score FROM players WHERE user_id = ${userId}`);
    expect(rows).toEqual([{ total_score: BigInt(UPDATES) }]);
  });
});

/** Starts from the first update that is not acknowledged, as Telegram would. */
function startWriter({ kind, address }: GameInDatabase, userId: bigint, acknowledged: string[]) {
  const known = new Set(acknowledged);
  let from = 1;
  while (known.has(`update ${from}`)) from += 1;
  const script = 'test/support/store-process.ts';
  const range = [String(from), String(UPDATES)];
  const args = ['--import', 'tsx', script, kind, address, String(userId), ...range];
  return startProcess(process.execPath, args);
}

async function writeUntilKilled(
  game: GameInDatabase,
  userId: bigint,
  ledgerPath: string,
  afterMs: number,
): Promise<void> {
  const writer = startWriter(game, userId, acknowledgedIn(ledgerPath));
  await writer.waitFor(/\n/);
  await sleep(afterMs);
  const { stdout } = await writer.kill();
  // A line that was cut short acknowledges nothing.
  const lines = stdout.slice(0, stdout.lastIndexOf('\n') + 1);
  appendFileSync(ledgerPath, lines);
}

function acknowledgedIn(ledgerPath: string): string[] {
  const lines = readFileSync(ledgerPath, 'utf8').split('\n').filter(Boolean);
  return [...new Set(lines.map((line) => `update ${line.split(' ')[0]}`))];
}

/** The updates whose effect is there, each of which must be there once. */
async function appliedOnce(game: GameInDatabase, userId: bigint): Promise<string[]> {
  const rows = await game.query(
    `SELECT user_card_id AS name, count(*) AS times FROM fight_history
      WHERE user_id = ${userId} AND user_card_id LIKE 'update %' GROUP BY user_card_id`,
  );
  expect(rows.filter(({ times }) => times !== 1n)).toEqual([]);
  return rows.map(({ name }) => String(name));
}
