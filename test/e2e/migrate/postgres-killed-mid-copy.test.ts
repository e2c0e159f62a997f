import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { sha256Of } from '../../support/backup-run.js';
import { runCardctl, startCardctl } from '../../support/cardctl.js';
import { atEnd } from '../../support/cleanup.js';
import { lastLine, type Move, migrateArgs, prepareMove } from '../../support/crash-run.js';
import { attempts, dice } from '../../support/dice.js';
import { type PostgresServer, startPostgres } from '../../support/postgres-server.js';
import { pictureOf } from '../../support/target-picture.js';
import { tempDir } from '../../support/temp-dir.js';

let move: Move;
let server: PostgresServer;

/** What is not made to wait for the disk reaches it late: a crash loses all there is to lose. */
const LATE_WRITER = { fsync: 'off', wal_writer_delay: '10s', wal_writer_flush_after: '1GB' };

beforeAll(async () => {
  move = await prepareMove();
  server = await startPostgres({ settings: LATE_WRITER });
  atEnd(() => server.stop());
});

const COPYING = /"step":"copy rows[^"]*","task"/;

test('a migrate whose server is killed exits with 7, and resumes once the server is back', async () => {
  const random = dice('postgres-killed-mid-copy');
  for (let run = 0; run < attempts(3); run++) {
    const place = await newPlace();
    const running = startCardctl(migrateArgs(place, '--clean', '--yes'));
    await running.waitFor(COPYING);
    await sleep(random.roll() * 500);
    await server.crash();
    const killed = await running.finished;
    expect(killed.exitCode, lastLine(killed.stdout)).toBe(7);
    await server.startAgain();
    const resumed = await runCardctl(migrateArgs(place, '--resume'));
    // The tables may be among what the crash took: then all of it is done again.
    expect(resumed.exitCode, lastLine(resumed.stdout)).toBe(0);
    expect(await pictureOf(place.targetUrl)).toEqual(move.undisturbed);
  }
  expect(sha256Of(move.sourcePath)).toBe(move.sourceSha256);
});

test('what a migrate loaded that ended with 0 survives a crash of the server right after', async () => {
  const place = await newPlace();
  const { exitCode } = await runCardctl(migrateArgs(place, '--clean', '--yes', '--no-verify'));
  await server.crash();
  expect(exitCode).toBe(0);
  await server.startAgain();
  expect(await pictureOf(place.targetUrl)).toEqual(move.undisturbed);
});

async function newPlace() {
  return { sourcePath: move.sourcePath, targetUrl: server.adminUrl, workDir: await tempDir() };
}
