import { buttonsOf, type ShownMessage } from './telegram.js';

/** A button that a player can press now. */
export interface Choice {
  message: ShownMessage;
  data: string;
}

/** The fights of all groups, as the buttons of the bot's messages show them. */
export interface Fights {
  /** A message appeared or changed. `byUserId` sent the update that it answers, if that is known. */
  show(message: ShownMessage, byUserId: number | undefined): void;
  /** Challenges in a group that the player can take; `contested` also those being taken. */
  open(groupId: number, userId: number, contested: boolean): Choice[];
  /** Cards and stats that the player has to choose. */
  steps(groupId: number, userId: number): Choice[];
  /** Whether the player has a challenge open, or a fight to go on with. */
  isIn(groupId: number, userId: number): boolean;
  pressed(data: string, userId: number): void;
  /** The bot told the player that the press was not for them, or came too late. */
  refused(choice: Choice, userId: number): void;
}

interface Fight {
  id: string;
  groupId: number;
  /** By message id. */
  messages: Map<number, ShownMessage>;
  sides: Map<number, Side>;
  isTaken: boolean;
  acceptsRefused: number;
}

/** What one player has done in a fight. */
interface Side {
  hasPicked: boolean;
  hasChosenStat: boolean;
  presses: number;
  /** Message ids whose buttons are for the other side. */
  notForThem: Set<number>;
}

/** A group forgets its oldest fights beyond this many. */
const FIGHTS_PER_GROUP_MAX = 20;

/** A player who gets nowhere gives a fight up. */
const PRESSES_MAX = 8;

/** A challenge that this many could not take has expired. */
const ACCEPTS_REFUSED_MAX = 3;

export function createFights(): Fights {
  const byId = new Map<string, Fight>();
  const byGroup = new Map<number, Fight[]>();
  const byMessage = new Map<number, Fight>();

  const fightOf = (id: string, chatId: number): Fight | undefined => {
    const known = byId.get(id);
    // In a private chat a fight can go on; it starts in a group.
    if (known !== undefined || chatId > 0) return known;
    const fight: Fight = {
      id,
      groupId: chatId,
      messages: new Map(),
      sides: new Map(),
      isTaken: false,
      acceptsRefused: 0,
    };
    byId.set(id, fight);
    const group = byGroup.get(chatId) ?? [];
    byGroup.set(chatId, group);
    group.push(fight);
    if (group.length > FIGHTS_PER_GROUP_MAX) forget(group.shift());
    return fight;
  };

  const forget = (fight: Fight | undefined) => {
    if (fight === undefined) return;
    byId.delete(fight.id);
    for (const messageId of fight.messages.keys()) byMessage.delete(messageId);
  };

  const fightsIn = (groupId: number) => byGroup.get(groupId) ?? [];

  return {
    show: (message, byUserId) => {
      byMessage.get(message.messageId)?.messages.delete(message.messageId);
      byMessage.delete(message.messageId);
      const data = buttonsOf(message).find((button) => FIGHT_BUTTON.test(button));
      if (data === undefined) return;
      const fight = fightOf(subjectOf(data), message.chatId);
      if (fight === undefined) return;
      fight.messages.set(message.messageId, message);
      byMessage.set(message.messageId, fight);
      const isChallenge = verbOf(data) === 'accept' && fight.sides.size === 0;
      if (isChallenge && byUserId !== undefined) fight.sides.set(byUserId, newSide());
    },
    open: (groupId, userId, contested) =>
      fightsIn(groupId)
        .filter(({ isTaken, sides }) => (!isTaken || contested) && !sides.has(userId))
        .flatMap((fight) => choicesOf(fight, userId))
        .filter(({ data }) => verbOf(data) === 'accept'),
    steps: (groupId, userId) =>
      fightsIn(groupId).flatMap((fight) => {
        const side = fight.sides.get(userId);
        if (side === undefined || side.presses >= PRESSES_MAX) return [];
        return choicesOf(fight, userId).filter(({ message, data }) =>
          isOpenTo(side, message, data),
        );
      }),
    isIn: (groupId, userId) =>
      fightsIn(groupId).some(({ sides, messages }) => sides.has(userId) && messages.size > 0),
    pressed: (data, userId) => {
      const fight = byId.get(subjectOf(data));
      if (fight === undefined) return;
      if (verbOf(data) === 'accept') {
        fight.isTaken = true;
        fight.sides.set(userId, newSide());
      }
      const side = fight.sides.get(userId);
      if (side === undefined) return;
      side.presses += 1;
      if (verbOf(data) === 'pick') side.hasPicked = true;
      if (verbOf(data) === 'stat') side.hasChosenStat = true;
    },
    refused: ({ message, data }, userId) => {
      const fight = byId.get(subjectOf(data));
      const side = fight?.sides.get(userId);
      if (fight === undefined || side === undefined) return;
      if (verbOf(data) === 'accept') {
        fight.sides.delete(userId);
        fight.acceptsRefused += 1;
        fight.isTaken = fight.sides.size > 1 || fight.acceptsRefused >= ACCEPTS_REFUSED_MAX;
      }
      if (verbOf(data) === 'pick') side.hasPicked = false;
      if (verbOf(data) === 'stat') side.hasChosenStat = false;
      side.notForThem.add(message.messageId);
    },
  };
}

const FIGHT_BUTTON = /^(accept|pick|picks|stat):/;

function newSide(): Side {
  return { hasPicked: false, hasChosenStat: false, presses: 0, notForThem: new Set() };
}

function choicesOf({ id, messages }: Fight, userId: number): Choice[] {
  return [...messages.values()]
    .filter(({ chatId }) => chatId < 0 || chatId === userId)
    .flatMap((message) => buttonsOf(message).map((data) => ({ message, data })))
    .filter(({ data }) => FIGHT_BUTTON.test(data) && subjectOf(data) === id);
}

function isOpenTo(side: Side, { messageId }: ShownMessage, data: string): boolean {
  if (side.notForThem.has(messageId)) return false;
  const verb = verbOf(data);
  if (verb === 'stat') return !side.hasChosenStat;
  return (verb === 'pick' || verb === 'picks') && !side.hasPicked;
}

function verbOf(data: string): string {
  return data.slice(0, data.indexOf(':'));
}

function subjectOf(data: string): string {
  return data.split(':')[1] ?? '';
}
