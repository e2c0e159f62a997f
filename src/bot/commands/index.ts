import type { Reply } from '../../store/store.js';
import { directLookup } from '../lookup.js';
import { acknowledge } from '../replies.js';
import { accept } from './accept.js';
import { cards } from './cards.js';
import { claim } from './claim.js';
import type { Reading, Writing } from './command.js';
import { fight } from './fight.js';
import { help } from './help.js';
import { leaderboard } from './leaderboard.js';
import { lockPlayer } from './lock-player.js';
import { pick } from './pick.js';
import { picks } from './picks.js';
import { profile } from './profile.js';
import { start } from './start.js';
import { stat } from './stat.js';

/** What is answered to what changes nothing; null when the player has to be added first. */
export async function read(reading: Reading): Promise<Reply[] | null> {
  const { request, press } = reading.ask;
  switch (request.kind) {
    case 'start':
      return start(reading);
    case 'help':
      return help(reading);
    case 'profile':
      return profile(reading);
    case 'cards':
      return cards(reading, request);
    case 'top':
      return leaderboard(reading, request);
    case 'picks':
      return picks(reading, request);
    default:
      return press === null ? [] : [acknowledge(press)];
  }
}

/** Changes what is asked for, and is answered; of reads it is the first one of a new player. */
export async function write(writing: Writing): Promise<Reply[]> {
  const { request } = writing.ask;
  switch (request.kind) {
    case 'claim':
      return claim(writing);
    case 'fight':
      return fight(writing);
    case 'accept':
      return accept(writing, request);
    case 'pick':
      return pick(writing, request);
    case 'stat':
      return stat(writing, request);
    default:
      return readAsNew(writing);
  }
}

async function readAsNew({ writes, ask, now }: Writing): Promise<Reply[]> {
  await lockPlayer(writes, ask.who, now);
  return (await read({ lookup: directLookup(writes, now), ask, now })) ?? [];
}
