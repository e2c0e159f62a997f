import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { startCardctl } from '../../support/cardctl.js';
import { resultOf } from '../../support/move/cutover-stage.js';
import { runProcess } from '../../support/process.js';
import { tempDir } from '../../support/temp-dir.js';

const GAME = fileURLToPath(new URL('../../../fixtures/game/small.db', import.meta.url));

const bot = (name: string, stack: string, host: number) => ({
  ...{ name, stack, address: `10.0.1.${host}:8443`, admin: `http://10.0.1.${host}:9443` },
});

/** A configuration whose servers are nowhere near: a rehearsal needs none of them. */
async function configured() {
  const directory = await tempDir();
  const source = join(directory, 'game_bot.db');
  await copyFile(GAME, source);
  const config = join(directory, 'cardctl.json');
  const limits = { errorRate: 0.02, p99Ms: 10_000, lagMs: 5_000, updateAgeS: 60, samplesMin: 100 };
  const body = {
    source,
    target: 'postgres://nobody:nothing@10.0.1.40/game',
    workDir: join(directory, 'work'),
    bots: [bot('legacy-1', 'legacy', 9), bot('fleet-1', 'fleet', 10)],
    cutover: { steps: [50, 100], promoteAfter: 50, limits: { ...limits, pendingUpdates: 1_000 } },
  };
  writeFileSync(config, JSON.stringify(body), { mode: 0o600 });
  const start = (args: readonly string[] = []) =>
    startCardctl(['rehearse', '--config', config, '--json', '--rps', '25', ...args], {
      timeoutMs: 1_200_000,
    });
  return { directory, source, start };
}

function digest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Of processes that name the directory; of files that a rehearsal made. */
async function leftIn(directory: string) {
  const { stdout } = await runProcess('ps', ['-eo', 'args']);
  const processes = stdout.split('\n').filter((line) => line.includes(directory));
  return { processes, files: readdirSync(join(directory, 'work', 'rehearsals')) };
}

test('a rehearsal plays the cutover and its rollback on copies, and leaves nothing but its report', {
  timeout: 1_200_000,
}, async () => {
  const { directory, source, start } = await configured();
  const before = digest(source);
  const args = ['--players', '60', '--minutes', '15'];
  const { exitCode, result, stderr } = resultOf(await start(args).finished);
  expect({ exitCode, result: result.result }, `${result.reason} ${stderr}`).toEqual({
    exitCode: 0,
    result: 'passed',
  });
  expect(result).toMatchObject({ isBalanced: true, unbalanced: [] });
  const { steps, pauses } = result as { steps: { step: string }[]; pauses: { what: string }[] };
  expect(steps.map(({ step }) => step)).toEqual(
    expect.arrayContaining(['shift-50', 'promote', 'gate-promoted', 'shift-100', 'rollback']),
  );
  expect(pauses.map(({ what }) => what)).toEqual(['backup', 'promote', 'rollback']);
  expect(digest(source)).toBe(before);
  expect(await leftIn(directory)).toEqual({ processes: [], files: [] });
});

test('interrupted, it takes everything down before it ends', { timeout: 600_000 }, async () => {
  const { directory, start } = await configured();
  const running = start();
  await running.waitFor(/"step":"gate at 50%","state":"started"/);
  const { exitCode } = await running.kill('SIGINT');
  expect(exitCode).toBe(130);
  expect(await leftIn(directory)).toEqual({ processes: [], files: [] });
});

test('killed, it is taken down by the next one', { timeout: 600_000 }, async () => {
  const { directory, start } = await configured();
  const killed = start();
  await killed.waitFor(/"step":"gate at 50%","state":"started"/);
  await killed.kill('SIGKILL');
  const { processes, files } = await leftIn(directory);
  expect(processes.length).toBeGreaterThan(5);
  const next = start();
  await next.waitFor(/"step":"snapshot","state":"started"/);
  const left = await leftIn(directory);
  expect(left.processes.filter((line) => line.includes(`rehearsals/${files[0]}`))).toEqual([]);
  await next.kill('SIGINT');
  expect(await leftIn(directory)).toEqual({ processes: [], files: [] });
});

test('what cannot be moved is told before anything is started', async () => {
  const { directory, source, start } = await configured();
  const db = new Database(source);
  db.exec(
    "UPDATE players SET total_score = 'many' WHERE user_id = (SELECT min(user_id) FROM players)",
  );
  db.close();
  const { exitCode, result } = resultOf(await start().finished);
  expect(exitCode).toBe(3);
  expect(result).toMatchObject({ result: 'cannot be moved', isBalanced: null, steps: [] });
  expect((result.findings as string[])[0]).toMatch(/^players.total_score cannot be moved: /);
  expect(await leftIn(directory)).toEqual({ processes: [], files: [] });
});

test('a dry run says what would be started, and starts nothing', async () => {
  const { directory, start } = await configured();
  const { exitCode, result } = resultOf(await start(['--dry-run']).finished);
  expect({ exitCode, result }).toMatchObject({
    exitCode: 0,
    result: { steps: [50, 100], promoteAfter: 50, bots: ['legacy-1', 'fleet-1'] },
  });
  expect(readdirSync(directory).sort()).toEqual(['cardctl.json', 'game_bot.db']);
});
