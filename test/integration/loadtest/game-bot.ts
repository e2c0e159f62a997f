import { Api } from 'grammy';
import {
  type Behaviour,
  startWebhookBot,
  type TestUpdate,
  type WebhookBot,
} from './webhook-bot.js';

export interface GameBot extends WebhookBot {
  /** Where the Bot API is; the bot waits for it. */
  connect(apiRoot: string): void;
  /** Says what the bot says to a command of this player, out of turn. */
  replyTo(userId: number, text: string): Promise<void>;
  /** Update ids of writes, in the order in which they were executed. */
  applied: number[];
  /** Commands and buttons that players used, e.g. `/claim` or `pick`. */
  used: Set<string>;
  /** Presses of buttons that were not on their message when it was last shown. */
  unseen: string[];
}

export const TOKEN = '123:abc';

interface Fight {
  challenger: number;
  opponent: number | undefined;
  picked: Set<number>;
  chosen: Set<number>;
}

type Button = [text: string, data: string];

/**
 * A bot that plays the game in memory, as far as its players can see: each button leads on.
 *
 * @param behave is asked first: what it answers itself is not executed
 */
export async function startGameBot(behave?: Behaviour): Promise<GameBot> {
  const [applied, used, unseen] = [[] as number[], new Set<string>(), [] as string[]];
  const fights = new Map<string, Fight>();
  /** Every button that a message ever had. */
  const shown = new Map<number, Set<string>>();
  let api: Api | undefined;

  const show = (messageId: number, buttons: Button[]) => {
    const all = shown.get(messageId) ?? new Set();
    shown.set(messageId, all);
    for (const [, data] of buttons) all.add(data);
    return { reply_markup: keyboard(buttons) };
  };
  const say = async (chatId: number, text: string, buttons: Button[] = []) => {
    const { message_id } = (await api?.sendMessage(chatId, text, {
      reply_markup: keyboard(buttons),
    })) ?? { message_id: 0 };
    show(message_id, buttons);
  };

  const command = async (
    updateId: number,
    { text, chat, from }: NonNullable<TestUpdate['message']>,
  ) => {
    used.add(text);
    if (text === '/cards') return say(chat.id, 'Cards 1', [['Next', `cards:${from.id}:2`]]);
    if (text === '/leaderboard') return say(chat.id, 'Top', [['Week', 'top:week']]);
    if (text !== '/fight' && text !== '/claim') return say(chat.id, `${text} for ${from.id}`);
    applied.push(updateId);
    if (text === '/claim') return say(chat.id, `Card ${updateId}`);
    const id = `f${updateId}`;
    fights.set(id, {
      challenger: from.id,
      opponent: undefined,
      picked: new Set(),
      chosen: new Set(),
    });
    return say(chat.id, `Who takes ${from.id}?`, [['I', `accept:${id}`]]);
  };

  const press = async (updateId: number, query: NonNullable<TestUpdate['callback_query']>) => {
    const { data, from, message } = query;
    const [verb = '', subject = '', rest = ''] = data.split(':');
    used.add(verb);
    if (!shown.get(message.message_id)?.has(data)) unseen.push(data);
    const edit = async (text: string, buttons: Button[] = []) => {
      await api?.answerCallbackQuery(query.id);
      const options = show(message.message_id, buttons);
      await api
        ?.editMessageText(message.chat.id, message.message_id, text, options)
        .catch(() => {});
    };
    const refuse = () => api?.answerCallbackQuery(query.id, { show_alert: true, text: 'No' });
    const page = (word: string, pages: number, data: (page: number) => string) => {
      const next = (Number(rest) % pages) + 1;
      return edit(`${word} ${rest}`, [['Next', data(next)]]);
    };

    if (verb === 'cards') return page('Cards', 3, (next) => `cards:${subject}:${next}`);
    if (verb === 'top')
      return edit(`Top ${subject}`, [
        ['All', 'top:all'],
        ['Week', 'top:week'],
      ]);
    const fight = fights.get(subject);
    if (fight === undefined) return refuse();
    const picks: Button[] = [
      ['1', `pick:${subject}:1`],
      ['2', `pick:${subject}:2`],
    ];
    if (verb === 'picks')
      return edit(`Pick, page ${rest}`, [...picks, ['<', `picks:${subject}:1`]]);
    applied.push(updateId);
    if (verb === 'accept') {
      if (fight.opponent !== undefined || fight.challenger === from.id) return refuse();
      fight.opponent = from.id;
      return edit(`Pick, ${fight.challenger} and ${from.id}`, [
        ...picks,
        ['>', `picks:${subject}:2`],
      ]);
    }
    if (from.id !== fight.challenger && from.id !== fight.opponent) return refuse();
    if (verb === 'pick') {
      fight.picked.add(from.id);
      if (fight.picked.size < 2) return edit('One picked', picks);
      return edit('Choose', [
        ['Power', `stat:${subject}:power`],
        ['IQ', `stat:${subject}:iq`],
      ]);
    }
    fight.chosen.add(from.id);
    if (fight.chosen.size < 2) return edit('One chose', [['Power', `stat:${subject}:power`]]);
    return edit('Decided');
  };

  const bot = await startWebhookBot(async (context) => {
    await behave?.(context);
    const { update, response } = context;
    if (response.writableEnded || response.destroyed) return;
    const { update_id, message, callback_query } = update;
    if (message !== undefined) await command(update_id, message);
    if (callback_query !== undefined) await press(update_id, callback_query);
    response.end();
  });
  const connect = (apiRoot: string) => {
    api = new Api(TOKEN, { apiRoot });
  };
  const replyTo = (userId: number, text: string) => say(userId, `${text} for ${userId}`);
  return { ...bot, connect, replyTo, applied, used, unseen };
}

function keyboard(buttons: Button[]) {
  return { inline_keyboard: buttons.map(([text, callback_data]) => [{ text, callback_data }]) };
}
