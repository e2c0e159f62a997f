import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { lagsMs, observeTarget } from './observer.js';
import { type Quantiles, quantiles } from './quantiles.js';
import { writeToTarget } from './target-writer.js';
import { untilSeen, type World } from './world.js';
import { startWriter } from './writer.js';

export interface ModeFindings {
  journalMode: 'wal' | 'delete';
  /** Of the writer's transactions, milliseconds: before capture, and with it and follow at work. */
  plainMs: Quantiles;
  capturedMs: Quantiles;
  lagMs: Quantiles;
  loadSeconds: number;
  catchUp: { rows: number; seconds: number };
  promotePauseMs: Quantiles;
  demotePauseMs: Quantiles;
}

export interface MeasureOptions {
  perSecond: number;
  seconds: number;
  /** Rows that change while nobody follows. */
  backlogRows: number;
  switches: number;
}

/** All that is measured of one source in one journal mode. */
export async function measureMode(
  world: World,
  journalMode: ModeFindings['journalMode'],
  { perSecond, seconds, backlogRows, switches }: MeasureOptions,
  say: (line: string) => void,
): Promise<ModeFindings> {
  const name = journalMode === 'wal' ? 'WAL' : 'rollback journal';
  say(`${name}: the writer alone`);
  const plain = await written(world, perSecond, seconds);
  say(`${name}: migrate --follow under the writer`);
  const during = await startWriter(world.source, perSecond);
  const beganMs = performance.now();
  const loading = await world.startFollow(['migrate', '--follow']);
  const loadSeconds = (performance.now() - beganMs) / 1_000;
  await during.stop();
  say(`${name}: lag`);
  const observer = await observeTarget(world.url);
  const followed = await written(world, perSecond, seconds);
  await sleep(500);
  const lags = lagsMs(followed, await observer.stop());
  say(`${name}: catching up`);
  await loading.kill('SIGTERM');
  const catchUp = await catchUpRate(world, backlogRows, perSecond);
  say(`${name}: ${switches} promotes and demotes under the writer`);
  const pauses = await switchOften(world, switches, say);
  return {
    journalMode,
    plainMs: quantiles(plain.map(({ tookMs }) => tookMs)),
    capturedMs: quantiles(followed.map(({ tookMs }) => tookMs)),
    lagMs: quantiles(lags),
    loadSeconds,
    catchUp,
    ...pauses,
  };
}

async function written(world: World, perSecond: number, seconds: number) {
  const writer = await startWriter(world.source, perSecond);
  await sleep(seconds * 1_000);
  // The first moments are those of a cold process.
  return (await writer.stop()).slice(perSecond);
}

async function catchUpRate(world: World, rows: number, perSecond: number) {
  const db = new Database(world.source, { timeout: 5_000 });
  const last = db.transaction(() => {
    const insert = db.prepare(`
      INSERT INTO fight_history (user_id, user_card_id, result, score_gained, hearts_lost, fought_at)
      SELECT user_id, 'backlog', 'win', 1, 0, '2026-01-01T00:00:00' FROM players LIMIT ?`);
    return insert.run(rows).lastInsertRowid;
  })();
  db.close();
  const writer = await startWriter(world.source, perSecond);
  const beganMs = performance.now();
  const [follow] = await Promise.all([world.startFollow(), untilSeen(world.url, Number(last))]);
  const seconds = (performance.now() - beganMs) / 1_000;
  await writer.stop();
  await follow.kill('SIGTERM');
  return { rows, seconds };
}

async function switchOften(world: World, switches: number, say: (line: string) => void) {
  const follow = await world.startFollow();
  await world.cardctl(['verify']);
  const promotes: number[] = [];
  const demotes: number[] = [];
  for (let i = 0; i < switches; i += 1) {
    const writer = await startWriter(world.source, 300);
    await sleep(200);
    const promoting = world.cardctl(['promote', '--no-backup']);
    const promoted = await promoting.finally(() => writer.stop().catch(() => []));
    promotes.push(Number(promoted.pauseMs));
    const onTarget = await writeToTarget(world.url, 300);
    await sleep(200);
    const demoted = await world.cardctl(['demote']);
    await onTarget.stop();
    demotes.push(Number(demoted.pauseMs));
    if (i % 10 === 9) say(`  ${i + 1} of ${switches}`);
  }
  await follow.kill('SIGTERM');
  return { promotePauseMs: quantiles(promotes), demotePauseMs: quantiles(demotes) };
}
