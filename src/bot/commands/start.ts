import { startScreen } from '../../game/view/start.js';
import { show } from '../replies.js';
import type { ReadCommand } from './command.js';

export const start: ReadCommand = async ({ lookup, ask }) => {
  const profile = await lookup.profile(ask.who.user_id);
  return profile === null ? null : show(ask, startScreen(profile.player, ask.language));
};
