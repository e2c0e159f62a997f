import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { sha256Of } from '../../support/backup-run.js';
import { runCardctl, startCardctl } from '../../support/cardctl.js';
import { lastLine, type Move, migrateArgs, prepareMove } from '../../support/crash-run.js';
import { attempts, dice } from '../../support/dice.js';
import { createDatabase } from '../../support/postgres.js';
import { pictureOf } from '../../support/target-picture.js';
import { tempDir } from '../../support/temp-dir.js';

let move: Move;

beforeAll(async () => {
  move = await prepareMove();
});

const COPYING = /"step":"copy rows[^"]*","task"/;

test('a migrate whose connections are cut exits with 7, says how to go on, and resumes', async () => {
  const random = dice('connection-dropped-mid-copy');
  for (let run = 0; run < attempts(5); run++) {
    const { url, name, adminUrl } = await createDatabase();
    const place = { sourcePath: move.sourcePath, targetUrl: url, workDir: await tempDir() };
    const running = startCardctl(migrateArgs(place));
    await running.waitFor(COPYING);
    await sleep(random.roll() * 300);
    await cutConnections(adminUrl, name, { all: random.roll() < 0.5 });
    const cut = await running.finished;
    const result = JSON.parse(lastLine(cut.stdout));
    expect(cut.exitCode, lastLine(cut.stdout)).toBe(7);
    expect(result.error).toMatchObject({
      code: 'partway',
      message: expect.stringMatching(/^the run failed in step "copy rows/),
      hint: expect.stringMatching(/cardctl migrate --resume( --\S+ \S+)*$/),
    });
    const resumed = await runCardctl(migrateArgs(place, '--resume'));
    expect(resumed.exitCode, lastLine(resumed.stdout)).toBe(0);
    expect(await pictureOf(url)).toEqual(move.undisturbed);
  }
  expect(sha256Of(move.sourcePath)).toBe(move.sourceSha256);
});

/** Ends all connections to a database, or one of those that load. */
async function cutConnections(
  adminUrl: string,
  name: string,
  { all }: { all: boolean },
): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM (
       SELECT pid FROM pg_stat_activity
       WHERE datname = $1 AND pid <> pg_backend_pid() AND ($2 OR state <> 'idle')
       ORDER BY pid LIMIT CASE WHEN $2 THEN 1000 ELSE 1 END) them`,
    [name, all],
  );
  await admin.end();
}
