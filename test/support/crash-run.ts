import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';
import { expect } from 'vitest';
import { generateGame } from '../../fixtures/game/generate.js';
import { sha256Of } from './backup-run.js';
import { runCardctl, startCardctl } from './cardctl.js';
import { childrenOf } from './children.js';
import { comparePlainly, type TablePair } from './compare-plainly.js';
import type { Dice } from './dice.js';
import { createDatabase } from './postgres.js';
import type { ProcessResult, RunningProcess } from './process.js';
import { pictureOf, type TargetPicture } from './target-picture.js';
import { tempDir } from './temp-dir.js';

/** A game to be moved, and the target that an undisturbed move of it makes. */
export interface Move {
  sourcePath: string;
  sourceSha256: string;
  /** Where the undisturbed run went. */
  url: string;
  /** Wall time of the undisturbed run, milliseconds. */
  undisturbedMs: number;
  undisturbed: TargetPicture;
}

/** Makes a game with a log that has no key, and moves it once in peace. */
export async function prepareMove(players = 12_000): Promise<Move> {
  const sourcePath = await gameWithLog(players);
  const { url } = await createDatabase();
  const startedMs = performance.now();
  const { exitCode, stdout, stderr } = await runCardctl(
    migrateArgs({ sourcePath, targetUrl: url, workDir: await tempDir() }),
  );
  expect(exitCode, stderr + lastLine(stdout)).toBe(0);
  const undisturbedMs = performance.now() - startedMs;
  const undisturbed = await pictureOf(url);
  return { sourcePath, sourceSha256: sha256Of(sourcePath), url, undisturbedMs, undisturbed };
}

/** A game with a log beside it: no key, rows that are there twice, and rows that break a check. */
async function gameWithLog(players: number): Promise<string> {
  const sourcePath = join(await tempDir(), 'game_bot.db');
  generateGame({ path: sourcePath, players, seed: 7 });
  const db = new Database(sourcePath);
  db.exec(`
    PRAGMA ignore_check_constraints = 1;
    CREATE TABLE bot_log (
      at TEXT CHECK (at LIKE 'second %'),
      line TEXT CONSTRAINT line_is_short CHECK (length(line) < 125)
    );
    CREATE INDEX bot_log_at ON bot_log (at);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${players * 4})
    INSERT INTO bot_log SELECT 'second ' || (i / 3), hex(zeroblob(60)) || i FROM n;
    INSERT INTO bot_log SELECT * FROM bot_log WHERE at = 'second 9';`);
  db.close();
  return sourcePath;
}

/** Compares every value, through the plain drivers. */
export async function expectEqualToSource(sourcePath: string, url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    types: { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig,
  });
  await client.connect();
  try {
    const { differences, misfits } = await comparePlainly(
      sourcePath,
      client,
      sameNames(sourcePath),
    );
    expect({ differences, misfits }).toEqual({ differences: [], misfits: {} });
  } finally {
    await client.end();
  }
}

function sameNames(sourcePath: string): TablePair[] {
  const db = new Database(sourcePath, { readonly: true });
  const tables = db
    .prepare<[], string>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
    )
    .pluck()
    .all();
  const pairs = tables.map((table) => ({
    source: table,
    target: table,
    columns: db
      .prepare<[string], string>('SELECT name FROM pragma_table_info(?)')
      .pluck()
      .all(table)
      .map((name) => ({ source: name, target: name })),
  }));
  db.close();
  return pairs;
}

export interface Place {
  sourcePath: string;
  targetUrl: string;
  workDir: string;
}

/** The words of a migrate that tells its events as JSON. */
export function migrateArgs(
  { sourcePath, targetUrl, workDir }: Place,
  ...more: string[]
): string[] {
  const place = ['--source', sourcePath, '--target', targetUrl, '--work-dir', workDir];
  return ['migrate', ...place, '--jobs', '2', '--json', '--no-input', ...more];
}

/** Kills a process, and its children with it unless they are to be left orphans. */
async function killHard(
  running: RunningProcess,
  { orphans }: { orphans: boolean },
): Promise<ProcessResult> {
  const children = orphans ? [] : childrenOf(running.child.pid ?? 0);
  const ended = running.kill();
  for (const pid of children) killIfThere(pid);
  return ended;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It had ended by itself.
  }
}

export interface Crash {
  /** What stdout shows when the phase has begun that is to be hit; null: from the start. */
  phase: RegExp | null;
  /** … and then, that the target has a chunk of rows. */
  chunkFirst?: boolean;
  /** The kill comes at a random moment within so many milliseconds from there. */
  withinMs: number;
  /** Kills before the run is let through to its end. */
  kills: number;
}

/**
 * Moves a game while its process is killed, resumes it until it is done, and compares the target
 * with that of the undisturbed run.
 *
 * @returns what each kill left in the target, in words
 */
export async function crashAndResume(move: Move, crash: Crash, dice: Dice): Promise<string[]> {
  const { url } = await createDatabase();
  const place = { sourcePath: move.sourcePath, targetUrl: url, workDir: await tempDir() };
  const left: string[] = [];
  while (left.length < crash.kills) {
    const resume = left.length > 0 ? ['--resume'] : [];
    const running = startCardctl(migrateArgs(place, ...resume));
    if (crash.phase !== null) await running.waitFor(crash.phase).catch(() => undefined);
    if (crash.chunkFirst === true) await chunkCopied(url, running);
    await sleep(dice.roll() * crash.withinMs);
    const result = await killHard(running, { orphans: dice.roll() < 0.5 });
    if (result.signal === null) {
      // It was faster than the kill.
      expectFinished(result);
      left.push('finished');
      break;
    }
    left.push(await whatIsLeft(url));
  }
  if (left.at(-1) !== 'finished') expectFinished(await runCardctl(migrateArgs(place, '--resume')));
  expect(await pictureOf(url)).toEqual(move.undisturbed);
  expect(sha256Of(move.sourcePath)).toBe(move.sourceSha256);
  return left;
}

/** A run that was killed after its last act has nothing left to resume. */
function expectFinished({ exitCode, stdout, stderr }: ProcessResult): void {
  const last = lastLine(stdout);
  if (exitCode === 3) expect(last).toContain('there is nothing to resume: the load was finished');
  else expect(exitCode, `${stderr}\n${last}`).toBe(0);
}

export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

/** Resolves once a chunk is in the target, or the run has ended. */
async function chunkCopied(url: string, { child }: RunningProcess): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    while (child.exitCode === null) {
      const { rows } = await client.query('SELECT FROM cardctl.copied_chunk LIMIT 1');
      if (rows.length > 0) return;
      await sleep(5);
    }
  } finally {
    await client.end();
  }
}

async function whatIsLeft(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ left: string | null }>(
      `SELECT to_regclass('cardctl.migration')::text AS left`,
    );
    if (rows[0]?.left === null) return 'nothing';
    const found = await client.query<{ chunks: string; indexes: string; loaded: string }>(`
      SELECT (SELECT count(*) FROM cardctl.copied_chunk) AS chunks,
             (SELECT count(*) FROM pg_indexes WHERE schemaname = 'public') AS indexes,
             (SELECT count(loaded_at) FROM cardctl.migration) AS loaded`);
    const { chunks, indexes, loaded } = found.rows[0] ?? {};
    return loaded === '1' ? 'all loaded' : `${chunks} chunks, ${indexes} indexes`;
  } finally {
    await client.end();
  }
}
