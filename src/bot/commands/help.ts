import { helpScreen } from '../../game/view/help.js';
import { show } from '../replies.js';
import type { ReadCommand } from './command.js';

export const help: ReadCommand = async ({ ask }) => show(ask, helpScreen(ask.language));
