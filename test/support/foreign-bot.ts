import { fileURLToPath } from 'node:url';
import type { Update } from 'grammy/types';
import { request } from 'undici';
import { findServer } from '../../scripts/servers/find.js';
import { openWritable } from '../../src/drivers/sqlite-writable.js';
import { tablesToCapture } from '../../src/sync/followed-tables.js';
import { installCapture } from '../../src/sync/sqlite/install.js';
import { freePort } from './free-port.js';
import { type RunningProcess, startProcess } from './process.js';

const SCRIPT = fileURLToPath(new URL('../../fixtures/foreign-bot/bot.py', import.meta.url));

export interface ForeignBotOptions {
  /** The game's SQLite file. */
  db: string;
  secret: string;
  token: string;
  /** Where it finds the Bot API. */
  apiRoot: string;
  path?: string;
  /** A free one unless given. */
  port?: number;
  /** Of the clock that it writes times off. */
  timeZone?: string;
}

/** Somebody's own bot, a Python process; it is killed when the test or file ends. */
export interface ForeignBot {
  process: RunningProcess;
  url: string;
  /** Posts an update as Telegram does. */
  post(update: Update): Promise<{ status: number; body: string }>;
}

export async function startForeignBot(options: ForeignBotOptions): Promise<ForeignBot> {
  const { db, secret, token, apiRoot, path = '/webhook', timeZone = 'Asia/Tehran' } = options;
  const port = options.port ?? (await freePort());
  const python = findServer('python3');
  if (python === undefined) throw new Error('no Python here; run: npm test');
  const running = startProcess(
    python.path,
    [
      ...[SCRIPT, '--db', db, '--port', `${port}`, '--path', path],
      ...['--secret', secret, '--token', token, '--api-root', apiRoot],
    ],
    { env: { TZ: timeZone }, timeoutMs: 1_800_000 },
  );
  await running.waitFor(/listening/);
  const url = `http://127.0.0.1:${port}${path}`;
  return {
    process: running,
    url,
    post: async (update) => {
      const { statusCode, body } = await request(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-telegram-bot-api-secret-token': secret,
        },
        body: JSON.stringify(update),
      });
      return { status: statusCode, body: await body.text() };
    },
  };
}

/** Gives the file the fence that `migrate --follow` gives it: it stands while another is the authority. */
export async function fenceGame(path: string): Promise<void> {
  const file = openWritable(path);
  try {
    await installCapture(file, tablesToCapture(file.reader));
  } finally {
    file.close();
  }
}
