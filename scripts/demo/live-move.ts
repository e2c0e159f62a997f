import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cardctl, say } from './cardctl.js';

/** So many that the gate at 10% has seen enough of them within half a minute. */
const PER_SECOND = '100';
const PLAYERS = '2000';

/** That all gates together may take at most: each ends as soon as it is sure. */
const MINUTES = '4';

/** One legacy and three fleet bots, as in real life; where they are does not matter to a rehearsal. */
const BOTS = [
  { name: 'legacy-1', stack: 'legacy', address: '127.0.0.1:8443' },
  { name: 'fleet-1', stack: 'fleet', address: '127.0.0.1:8444' },
  { name: 'fleet-2', stack: 'fleet', address: '127.0.0.1:8445' },
  { name: 'fleet-3', stack: 'fleet', address: '127.0.0.1:8446' },
];

/**
 * The live move: the cutover of the game and its rollback, while players play, on copies. Whatever
 * of Nginx and Redis this machine has takes part; what it has not is named at the end.
 */
export async function showLiveMove(directory: string, source: string): Promise<void> {
  const configPath = join(directory, 'cardctl.json');
  const config = {
    source,
    workDir: join(directory, 'work'),
    bots: BOTS.map((bot, i) => ({ ...bot, admin: `http://127.0.0.1:${9_443 + i}` })),
    redis: 'redis://127.0.0.1:6379',
  };
  writeFileSync(configPath, JSON.stringify(config), { mode: 0o600 });
  say(
    `The live move, while ${PLAYERS} players play: ${PER_SECOND} updates a second, one legacy and three fleet bots; and all the way back.`,
  );
  const played = ['--players', PLAYERS, '--rps', PER_SECOND, '--minutes', MINUTES];
  await cardctl(['rehearse', ...played, '--config', configPath]);
}
