import type { Dice } from './dice.js';
import type { Choice, Fights } from './fights.js';
import { isWrite, type Kind } from './kinds.js';
import type { Player } from './players.js';
import type { Screens } from './screens.js';

/** What a player does next. */
export type Action = CommandAction | PressAction;

export interface CommandAction {
  type: 'command';
  kind: Kind;
  chatId: number;
  text: string;
}

export interface PressAction extends Choice {
  type: 'press';
  kind: Kind;
}

export interface BehaviourOptions {
  /** The share of updates that are writes, 0 to 1. */
  writesShare: number;
}

/** Players press a button that they see, rather than send a command, this often. */
const PRESS_SHARE = 0.5;

/** Players take a challenge that another is taking, this often: the bot must let one in. */
const CONTEST_SHARE = 0.1;

/** Of the writes that start something: a claim, or else a challenge. */
const CLAIM_SHARE = 0.5;

/** A player who has claimed tries again this often, and is refused. */
const CLAIM_AGAIN_SHARE = 0.1;

const READ_COMMANDS: readonly Kind[] = [
  ...repeat('profile', 3),
  ...repeat('cards', 3),
  ...repeat('leaderboard', 2),
  'start',
  'help',
];

/** Decides what a player does with what they see. Marks it as done. */
export function decide(
  player: Player,
  { screens, fights }: { screens: Screens; fights: Fights },
  { writesShare }: BehaviourOptions,
  dice: Dice,
): Action {
  const isFirst = !player.hasActed;
  player.hasActed = true;
  if (isFirst && player.isNew) return command('start', player.userId);
  if (dice.roll() < writesShare) return write(player, fights, dice);
  return read(player, screens, fights, dice);
}

function write(player: Player, fights: Fights, dice: Dice): Action {
  const { userId, groupId } = player;
  const steps = fights.steps(groupId, userId);
  const step = dice.pick(steps.filter(({ data }) => isWrite(kindOf(data))));
  const challenge = dice.pick(fights.open(groupId, userId, dice.roll() < CONTEST_SHARE));
  const choice = step ?? challenge;
  if (choice !== undefined) {
    fights.pressed(choice.data, userId);
    return press(choice);
  }
  const claimShare = player.hasClaimed ? CLAIM_AGAIN_SHARE : CLAIM_SHARE;
  if (fights.isIn(groupId, userId) || dice.roll() < claimShare) {
    player.hasClaimed = true;
    return command('claim', userId);
  }
  return command('fight', groupId);
}

function read(player: Player, screens: Screens, fights: Fights, dice: Dice): Action {
  if (dice.roll() < PRESS_SHARE) {
    // A page of cards is a read, though it is turned in the middle of a fight.
    const turns = fights
      .steps(player.groupId, player.userId)
      .filter(({ data }) => !isWrite(kindOf(data)));
    const choice = dice.pick([...screens.pages(player.userId), ...turns]);
    if (choice !== undefined) return press(choice);
  }
  return command(dice.pick(READ_COMMANDS) ?? 'help', player.userId);
}

function command(kind: Kind, chatId: number): CommandAction {
  return { type: 'command', kind, chatId, text: `/${kind}` };
}

function press(choice: Choice): PressAction {
  return { type: 'press', kind: kindOf(choice.data), ...choice };
}

function kindOf(data: string): Kind {
  const verb = data.slice(0, data.indexOf(':'));
  return verb === 'cards' ? 'page' : (verb as Kind);
}

function repeat(kind: Kind, times: number): Kind[] {
  return Array<Kind>(times).fill(kind);
}
