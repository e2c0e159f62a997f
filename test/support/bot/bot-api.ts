import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEnd } from '../cleanup.js';

/** Telegram's side of the Bot API, which fails when it is told to. */
export interface BotApiDouble {
  url: string;
  calls: Call[];
  /** What the next calls that match are answered with, in order; then they succeed. */
  failures: { method?: string; status: number; description?: string; parameters?: object }[];
  /** How long calls take, ms. */
  delayMs: number;
  /** How many calls were under way at once, at most, by chat. */
  atOnceMax: Map<unknown, number>;
  updates: object[];
  webhookUrl: string;
}

export interface Call {
  method: string;
  payload: Record<string, unknown>;
  atMs: number;
}

export const TOKEN = '12345:AA-test-token';

/** On a free port, and for `TOKEN`, unless told otherwise. */
export async function startBotApiDouble({
  port = 0,
  token = TOKEN,
}: {
  port?: number;
  token?: string;
} = {}): Promise<BotApiDouble> {
  const atOnce = new Map<unknown, number>();
  let messageId = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [, bot, method = ''] = (request.url ?? '').split('/');
    const body = Buffer.concat(chunks);
    const isForm = request.headers['content-type']?.startsWith('multipart/') === true;
    const payload = isForm
      ? { form: body.toString('latin1') }
      : (JSON.parse(body.toString() || '{}') as Record<string, unknown>);
    const answer = (status: number, content: object) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(content));
    };
    if (bot !== `bot${token}`) return answer(401, { ok: false, error_code: 401 });
    double.calls.push({ method, payload, atMs: performance.now() });
    const { chat_id } = payload as { chat_id?: unknown };
    const now = (atOnce.get(chat_id) ?? 0) + 1;
    atOnce.set(chat_id, now);
    double.atOnceMax.set(chat_id, Math.max(now, double.atOnceMax.get(chat_id) ?? 0));
    if (double.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, double.delayMs));
    atOnce.set(chat_id, now - 1);
    const index = double.failures.findIndex((each) => (each.method ?? method) === method);
    const [failure] = index < 0 ? [] : double.failures.splice(index, 1);
    if (failure?.status === 0) return request.socket.destroy();
    if (failure !== undefined) {
      const { status, description = 'failed', parameters } = failure;
      return answer(status, { ok: false, error_code: status, description, parameters });
    }
    messageId += 1;
    return answer(200, { ok: true, result: resultOf(method, messageId) });
  });
  const resultOf = (method: string, id: number): unknown => {
    switch (method) {
      case 'getUpdates':
        return double.updates.splice(0);
      case 'getWebhookInfo':
        return { url: double.webhookUrl };
      case 'getMe':
        return { id: 1, is_bot: true, first_name: 'Bot', username: 'cardbot' };
      case 'sendPhoto':
        return { message_id: id, photo: [{ file_id: 'small' }, { file_id: 'large' }] };
      default:
        return { message_id: id };
    }
  };
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const double: BotApiDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    failures: [],
    delayMs: 0,
    atOnceMax: new Map(),
    updates: [],
    webhookUrl: '',
  };
  return double;
}
