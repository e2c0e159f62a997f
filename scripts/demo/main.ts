import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { generateGame } from '../../fixtures/game/generate.js';
import { showOnePlayer } from './one-player.js';

const ROOT = resolve(import.meta.dirname, '../..');
const DEMO = join(ROOT, '.demo');
const SOURCE = join(DEMO, 'game_bot.db');

/** Plays the main job on a game made up for it: a database, a backup, a Postgres, the proof. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { players: { type: 'string', default: '20000' } } });
  const players = Number(values.players);
  cardctl(['postgres', 'remove', '--yes', ...WORK_DIR], { quiet: true });
  rmSync(DEMO, { recursive: true, force: true });
  mkdirSync(DEMO, { mode: 0o700 });

  say(`A game of ${players.toLocaleString('en')} players, as its bot would have left it.`);
  const { rows, bytes } = generateGame({ path: SOURCE, players, seed: 1 });
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
  console.log(
    `${relative(ROOT, SOURCE)}: ${total.toLocaleString('en')} rows, ${(bytes / 1e6).toFixed(0)} MB`,
  );

  say('What is in it, and is it time to move?');
  const assessment = cardctl(['assess', '--source', SOURCE, ...WORK_DIR], { capture: true });
  console.log(assessment.split('\n').slice(0, 13).join('\n'));
  console.log('…');

  say('A backup that was restored and checked before it counts.');
  cardctl(['backup', '--source', SOURCE, ...WORK_DIR]);

  say('Into Postgres, and every value compared. No target is configured: cardctl runs its own.');
  cardctl(['migrate', '--source', SOURCE, ...WORK_DIR]);

  say('One player, asked of both sides.');
  const status = cardctl(['postgres', 'status', '--json', ...WORK_DIR], {
    capture: true,
    quiet: true,
  });
  await showOnePlayer(SOURCE, JSON.parse(status).result.url);

  say('The proof again, at any time.');
  cardctl(['verify', '--source', SOURCE, ...WORK_DIR]);

  say('What was done, from the journal.');
  cardctl(['status', ...WORK_DIR]);

  cardctl(['postgres', 'stop', ...WORK_DIR], { quiet: true });
  console.log(
    `\nAll of it is in ${relative(ROOT, DEMO)}/. Postgres is stopped; start it again with:`,
  );
  console.log(`  npx cardctl postgres start --work-dir ${relative(ROOT, WORK_DIR[1] as string)}`);
}

const WORK_DIR = ['--work-dir', join(DEMO, 'work')];

function say(text: string): void {
  console.log(`\n── ${text}`);
}

/** Runs the real command line, its output where the reader sees it. */
function cardctl(
  args: string[],
  { quiet = false, capture = false }: { quiet?: boolean; capture?: boolean } = {},
): string {
  const shown = args.map((arg) => (arg.startsWith(ROOT) ? relative(ROOT, arg) : arg));
  if (!quiet) console.log(`$ cardctl ${shown.join(' ')}`);
  const done = spawnSync(process.execPath, [join(ROOT, 'bin/cardctl'), ...args], {
    stdio: [
      'ignore',
      capture ? 'pipe' : quiet ? 'ignore' : 'inherit',
      quiet ? 'ignore' : 'inherit',
    ],
    encoding: 'utf8',
  });
  if (!quiet && done.status !== 0) {
    throw new Error(`cardctl ${args[0]} ended with exit code ${done.status}`);
  }
  return done.stdout ?? '';
}

await main();
