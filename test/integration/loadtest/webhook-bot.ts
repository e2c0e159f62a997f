import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEnd } from '../../support/cleanup.js';

/** One post, as the bot saw it arrive. */
export interface Attempt {
  updateId: number;
  /** The chat of a message, the user of a press. */
  from: number;
  secret: string | undefined;
  body: string;
}

/** What the bot does with an attempt; it has answered, or never will, when this returns. */
export type Behaviour = (context: {
  attempt: Attempt;
  /** From 1, of this update. */
  number: number;
  response: ServerResponse;
  /** The parsed update. */
  update: TestUpdate;
}) => void | Promise<void>;

export interface TestUpdate {
  update_id: number;
  message?: { message_id: number; text: string; chat: { id: number }; from: { id: number } };
  callback_query?: {
    id: string;
    data: string;
    from: { id: number };
    message: { message_id: number; chat: { id: number } };
  };
}

export interface WebhookBot {
  url: string;
  /** In the order of arrival. */
  attempts: Attempt[];
  /** Closes the listener and every connection. */
  close(): Promise<void>;
}

/** A webhook that behaves as told, over real HTTP. */
export async function startWebhookBot(behave: Behaviour, port = 0): Promise<WebhookBot> {
  const attempts: Attempt[] = [];
  const numbers = new Map<number, number>();
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const update = JSON.parse(body) as TestUpdate;
    const updateId = update.update_id;
    const from = update.message?.chat.id ?? update.callback_query?.from.id ?? 0;
    const secret = request.headers['x-telegram-bot-api-secret-token'] as string | undefined;
    const attempt = { updateId, from, secret, body };
    attempts.push(attempt);
    const number = (numbers.get(updateId) ?? 0) + 1;
    numbers.set(updateId, number);
    await behave({ attempt, number, response, update });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  atEnd(close);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    attempts,
    close,
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
