import type { Window } from '../../game/leaderboard.js';
import { leaderboardScreen } from '../../game/view/leaderboard.js';
import { show } from '../replies.js';
import type { ReadCommand } from './command.js';

export const leaderboard: ReadCommand<[{ window: Window }]> = async (
  { lookup, ask },
  { window },
) => {
  const rows = await lookup.leaderboard(window);
  return show(ask, leaderboardScreen({ window, rows }, ask.language));
};
