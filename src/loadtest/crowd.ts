import type { Clock } from '../lib/clock.js';
import { type Action, decide } from './behaviour.js';
import type { BotApiCall } from './bot-api.js';
import type { Outgoing } from './delivery.js';
import type { Dice } from './dice.js';
import { createFights } from './fights.js';
import type { Kind } from './kinds.js';
import type { CompleteOptions } from './options.js';
import { createPlayers, type Player } from './players.js';
import { createReplies, type Replies } from './replies.js';
import { createScreens } from './screens.js';
import { orderKeyOf, updateBody } from './updates.js';

/** What a player did, on its way to the bot. */
export interface PlayerUpdate extends Outgoing {
  readonly player: Player;
  readonly kind: Kind;
  readonly action: Action;
  /** Of the player's own message; undefined for a press. */
  readonly messageId: number | undefined;
}

/** All players, and what they see of the bot. */
export interface Crowd {
  readonly replies: Replies;
  /** The player whose turn it is does something. */
  act(dueMs: number): PlayerUpdate;
  /** The bot called: players see it. @throws ApiError as `Replies.answered` */
  see(call: BotApiCall): void;
}

export function createCrowd(
  options: CompleteOptions,
  nextMessageId: () => number,
  { dice, clock }: { dice: Dice; clock: Clock },
): Crowd {
  const players = createPlayers(options, dice);
  const screens = createScreens();
  const fights = createFights();
  const replies = createReplies(clock);
  let updateId = options.firstUpdateId - 1;

  const seeAnswer = ({ params }: BotApiCall) => {
    const { player, choice } = replies.answered(String(params.callback_query_id));
    const isAlert = params.show_alert === true || params.show_alert === 'true';
    if (isAlert) fights.refused(choice, player.userId);
  };

  return {
    replies,
    act: (dueMs) => {
      const player = players.next();
      const action = decide(player, { screens, fights }, options, dice);
      const { kind } = action;
      updateId += 1;
      const id = updateId;
      const messageId = action.type === 'command' ? nextMessageId() : undefined;
      const at = clock.now();
      return {
        updateId: id,
        dueMs,
        player,
        kind,
        action,
        messageId,
        orderKey: orderKeyOf(player, action),
        body: () => updateBody(id, messageId ?? 0, player, action, at),
      };
    },
    see: (call) => {
      const method = call.method.toLowerCase();
      if (method === 'answercallbackquery') seeAnswer(call);
      for (const message of call.shown) {
        const update = method.startsWith('send') ? replies.sent(message, call) : undefined;
        screens.show(message);
        fights.show(message, update?.player.userId);
      }
    },
  };
}
