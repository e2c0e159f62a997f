import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { startCardctl } from '../../support/cardctl.js';
import {
  crashAndResume,
  lastLine,
  type Move,
  migrateArgs,
  prepareMove,
} from '../../support/crash-run.js';
import { attempts, dice } from '../../support/dice.js';
import { createDatabase } from '../../support/postgres.js';
import { pictureOf } from '../../support/target-picture.js';
import { tempDir } from '../../support/temp-dir.js';

let move: Move;

beforeAll(async () => {
  move = await prepareMove();
});

/** The last rows of the last big table are on their way. */
const COPIED = /"task":"(player_cards|fight_history)","unit":"rows","done":(\d+),"total":\2,/;

test('a migrate killed while indexes and keys are built resumes to the target of an undisturbed run', async () => {
  const random = dice('crash-mid-index');
  const left: string[] = [];
  for (let run = 0; run < attempts(5); run++) {
    left.push(...(await crashAndResume(move, { phase: COPIED, withinMs: 300, kills: 1 }, random)));
  }
  expect(
    left.filter((each) => / [1-9]\d* indexes/.test(each)).length,
    left.join('\n'),
  ).toBeGreaterThan(0);
});

test('an index that the server still builds for a killed migrate is not built twice', async () => {
  const { url, adminUrl } = await createDatabase();
  const place = { sourcePath: move.sourcePath, targetUrl: url, workDir: await tempDir() };
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    const killed = startCardctl(migrateArgs(place));
    await killed.waitFor(/"step":"create tables","state":"done"/);
    // Lets rows in, but no index.
    await admin.query('BEGIN; LOCK TABLE public.fight_history IN SHARE UPDATE EXCLUSIVE MODE');
    await waitForWaiting(admin);
    await killed.kill();
    const resumed = startCardctl(migrateArgs(place, '--resume'));
    await resumed.waitFor(/"step":"copy rows/);
    await sleep(300);
    await admin.query('COMMIT');
    const { exitCode, stdout } = await resumed.finished;
    expect(exitCode, lastLine(stdout)).toBe(0);
    expect(await pictureOf(url)).toEqual(move.undisturbed);
  } finally {
    await admin.end();
  }
});

/** Until the migrate waits for a lock. */
async function waitForWaiting(admin: pg.Client): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const { rows } = await admin.query(
      `SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database
       WHERE datname = current_database() AND NOT granted`,
    );
    if (rows.length > 0) return;
    await sleep(20);
  }
  throw new Error('no index was begun');
}
