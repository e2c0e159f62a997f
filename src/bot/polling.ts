import { setTimeout as sleep } from 'node:timers/promises';
import { Bot } from 'grammy';
import type { Update } from 'grammy/types';
import { CardctlError } from '../lib/errors.js';
import type { Reply } from '../store/store.js';
import type { Answer, Delivery } from './delivery.js';
import { callIn } from './response.js';

/** Fetches updates, where Telegram cannot reach a webhook: on a developer's machine. */
export interface Polling {
  /** Rejects when updates cannot be fetched any more. */
  readonly finished: Promise<void>;
  stop(): Promise<void>;
}

export interface PollingDeps {
  handle(delivery: Delivery): Promise<Answer>;
  sendOnce(replies: readonly Reply[]): void;
}

const AGAIN_AFTER_MS = 1_000;

/** @throws CardctlError `refused` when the bot has a webhook: somebody is served through it */
export async function startPolling(
  { token, apiRoot }: { token: string; apiRoot?: string | undefined },
  { handle, sendOnce }: PollingDeps,
): Promise<Polling> {
  const bot = new Bot(token, apiRoot === undefined ? {} : { client: { apiRoot } });
  const { url } = await bot.api.getWebhookInfo();
  if (url) {
    throw new CardctlError('refused', 'the bot has a webhook, and cannot be polled beside it', {
      hint: 'Poll with the token of another bot; make one with @BotFather',
    });
  }
  let isStopping = false;
  let current: Promise<void> = Promise.resolve();

  /** With the next fetch Telegram forgets the update, so it is finished before that. */
  const finish = async (update: Update) => {
    const raw = Buffer.from(JSON.stringify(update));
    for (;;) {
      const { status, body } = await handle({ update, raw, hops: 0 });
      const call = callIn(body);
      if (call !== null) sendOnce([call]);
      if (status !== 503) return;
      if (isStopping) throw new Error('stopped before an update was finished');
      await sleep(AGAIN_AFTER_MS);
    }
  };

  bot.use(({ update }) => {
    current = finish(update);
    return current;
  });
  // grammY's own handler prints, and tells Telegram that the update is done with.
  bot.catch(({ error }) => {
    throw error;
  });
  const finished = bot.start({
    allowed_updates: ['message', 'callback_query'],
    drop_pending_updates: false,
  });
  // Whoever awaits `finished` sees its failure.
  finished.catch(() => undefined);
  return {
    finished,
    stop: async () => {
      isStopping = true;
      const isFinished = await current.then(
        () => true,
        () => false,
      );
      // It tells Telegram how far we are.
      if (isFinished) await bot.stop();
      await finished.catch(() => undefined);
    },
  };
}
