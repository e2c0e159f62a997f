import { mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { generateGame } from '../../fixtures/game/generate.js';
import { cardctl, ROOT, say } from './cardctl.js';
import { showLiveMove } from './live-move.js';
import { showOnePlayer } from './one-player.js';

const DEMO = join(ROOT, '.demo');
const SOURCE = join(DEMO, 'game_bot.db');
const WORK_DIR = ['--work-dir', join(DEMO, 'work')];

/**
 * Plays the main job on a game made up for it: a database, a backup, a Postgres, the proof; and then
 * the move of it while players play.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { players: { type: 'string', default: '20000' } } });
  const players = Number(values.players);
  await cardctl(['postgres', 'remove', '--yes', ...WORK_DIR], { quiet: true });
  rmSync(DEMO, { recursive: true, force: true });
  mkdirSync(DEMO, { mode: 0o700 });

  say(`A game of ${players.toLocaleString('en')} players, as its bot would have left it.`);
  const { rows, bytes } = generateGame({ path: SOURCE, players, seed: 1 });
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
  console.log(
    `${relative(ROOT, SOURCE)}: ${total.toLocaleString('en')} rows, ${(bytes / 1e6).toFixed(0)} MB`,
  );

  say('What is in it, and is it time to move?');
  const assessment = await cardctl(['assess', '--source', SOURCE, ...WORK_DIR], { capture: true });
  console.log(assessment.split('\n').slice(0, 13).join('\n'));
  console.log('…');

  say('A backup that was restored and checked before it counts.');
  await cardctl(['backup', '--source', SOURCE, ...WORK_DIR]);

  say('Into Postgres, and every value compared. No target is configured: cardctl runs its own.');
  await cardctl(['migrate', '--source', SOURCE, ...WORK_DIR]);

  say('One player, asked of both sides.');
  await showOnePlayer(SOURCE, await embeddedUrl());

  say('The proof again, at any time.');
  await cardctl(['verify', '--source', SOURCE, ...WORK_DIR]);

  await cardctl(['postgres', 'stop', ...WORK_DIR], { quiet: true });
  await showLiveMove(SOURCE, WORK_DIR);

  say('What was done, from the journal.');
  await cardctl(['status', ...WORK_DIR]);
  console.log(
    `\nAll of it is in ${relative(ROOT, DEMO)}/. Postgres is stopped; start it again with:`,
  );
  console.log(`  npx cardctl postgres start --work-dir ${relative(ROOT, WORK_DIR[1] as string)}`);
}

async function embeddedUrl(): Promise<string> {
  const status = ['postgres', 'status', '--json', ...WORK_DIR];
  return JSON.parse(await cardctl(status, { capture: true, quiet: true })).result.url;
}

await main();
