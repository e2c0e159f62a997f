import { join } from 'node:path';
import { cardctl, ROOT, say } from './cardctl.js';

/** So many that the gate at 10% has seen enough of them within half a minute. */
const PER_SECOND = '100';
const PLAYERS = '2000';

/** Where they are does not matter to a rehearsal. */
const BOTS = join(ROOT, 'fixtures/edge/cardctl.json');

/** That all gates together may take at most: each ends as soon as it is sure. */
const MINUTES = '4';

/**
 * The live move: the cutover of the game and its rollback, while players play, on copies. Whatever
 * of Nginx and Redis this machine has takes part; what it has not is named at the end.
 */
export async function showLiveMove(source: string, workDir: readonly string[]): Promise<void> {
  say(
    `The live move, while ${PLAYERS} players play: ${PER_SECOND} updates a second, one legacy and three fleet bots; and all the way back.`,
  );
  const place = ['--source', source, '--config', BOTS, ...workDir];
  const played = ['--players', PLAYERS, '--rps', PER_SECOND, '--minutes', MINUTES];
  await cardctl(['rehearse', ...place, ...played]);
}
