import { Pool } from 'undici';
import { codeOf } from '../lib/errors.js';
import { type Answer, COME_BACK, type Delivery } from './delivery.js';
import type { Log } from './log.js';
import type { BotMetrics } from './metrics.js';
import type { Peer } from './options.js';

/** Hands updates over to bots of the other stack. */
export interface Forwarder {
  /** What a bot there answered; null when none of them took it, and it can be tried again. */
  forward(delivery: Delivery): Promise<Answer | null>;
  /**
   * Has the other stack note in its ledger that replies were sent.
   *
   * @returns false when no bot there could; true also where no bot there keeps a ledger
   */
  noteSent(updateIds: readonly bigint[]): Promise<boolean>;
  close(): Promise<void>;
}

export interface ForwarderOptions {
  peers: readonly Peer[];
  peerSecret: string | undefined;
}

/** Where a cardbot takes updates from another. */
export const PEER_PATH = '/cardbot/update';
/** Where it is told which updates' replies were sent, as a JSON array of ids in strings. */
export const PEER_SENT_PATH = '/cardbot/sent';
export const PEER_SECRET_HEADER = 'x-cardctl-peer-secret';
export const HOPS_HEADER = 'x-cardctl-hops';
export const TELEGRAM_SECRET_HEADER = 'x-telegram-bot-api-secret-token';
/** On an answer that came from somebody's own bot. */
export const FOREIGN_HEADER = 'x-cardctl-foreign';

/** A bot that was forwarded an update does not forward it again: two could do so for ever. */
const HOPS_MAX = 1;

const CONNECTIONS_MAX = 128;
const CONNECT_MS_MAX = 2_000;

/** A cardbot answers at once or not at all; a foreign bot may take as long as Telegram waits. */
const ANSWER_MS_MAX = { cardbot: 15_000, foreign: 55_000 };

export function createForwarder(
  { peers, peerSecret = '' }: ForwarderOptions,
  { log, metrics }: { log: Log; metrics: BotMetrics },
): Forwarder {
  const routes = peers.map((peer) => routeTo(peer, peerSecret));
  let turn = 0;
  return {
    forward: async ({ raw, hops }) => {
      if (hops >= HOPS_MAX) return null;
      for (let tried = 0; tried < routes.length; tried += 1) {
        turn = (turn + 1) % routes.length;
        const { answer, outcome } = await post(routes[turn]!, raw, hops);
        metrics.forwarded.inc({ outcome });
        if (outcome !== 'answered') log.warn({ outcome }, 'a bot did not take an update');
        if (answer !== null) return answer;
      }
      return null;
    },
    noteSent: async (updateIds) => {
      const cardbots = routes.filter(({ kind }) => kind === 'cardbot');
      for (const route of cardbots) if (await tellSent(route, updateIds)) return true;
      return cardbots.length === 0;
    },
    close: async () => {
      await Promise.all(routes.map(({ pool }) => pool.destroy()));
    },
  };
}

interface Route {
  kind: Peer['kind'];
  pool: Pool;
  path: string;
  headers: Record<string, string>;
}

function routeTo(peer: Peer, peerSecret: string): Route {
  const { kind, url } = peer;
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, {
    connections: CONNECTIONS_MAX,
    connect: { timeout: CONNECT_MS_MAX },
    headersTimeout: ANSWER_MS_MAX[kind],
    bodyTimeout: ANSWER_MS_MAX[kind],
    // Below what a cardbot keeps, so that nothing is sent into a connection that it closes. A
    // foreign bot may close after 5 s, and an update that was sent is not sent to it again.
    keepAliveTimeout: kind === 'cardbot' ? 30_000 : 4_000,
    keepAliveMaxTimeout: 60_000,
  });
  if (peer.kind === 'cardbot') {
    return { kind, pool, path: PEER_PATH, headers: { [PEER_SECRET_HEADER]: peerSecret } };
  }
  const { secretToken } = peer;
  const headers: Route['headers'] =
    secretToken === undefined ? {} : { [TELEGRAM_SECRET_HEADER]: secretToken };
  return { kind, pool, path: pathname + search, headers };
}

interface Posted {
  answer: Answer | null;
  outcome: 'answered' | 'unreachable' | 'lost' | 'declined';
}

async function post({ kind, pool, path, headers }: Route, raw: Buffer, hops: number) {
  try {
    const { statusCode, body } = await pool.request({
      path,
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        ...(kind === 'cardbot' ? { [HOPS_HEADER]: String(hops + 1) } : {}),
      },
      body: raw,
    });
    const answer: Answer = { status: statusCode, body: await body.text() };
    if (kind === 'foreign') {
      return { answer: { ...answer, byForeign: true }, outcome: 'answered' } satisfies Posted;
    }
    return isTaken(statusCode)
      ? ({ answer, outcome: 'answered' } satisfies Posted)
      : ({ answer: null, outcome: 'declined' } satisfies Posted);
  } catch (error) {
    return failed(kind, error);
  }
}

async function tellSent({ pool, headers }: Route, updateIds: readonly bigint[]): Promise<boolean> {
  try {
    const { statusCode, body } = await pool.request({
      path: PEER_SENT_PATH,
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(updateIds.map(String)),
    });
    await body.dump();
    return statusCode === 200;
  } catch {
    // It is tried again, and the worst is that a reply comes twice.
    return false;
  }
}

/** Done, or tried and failed. All else a cardbot says before it does anything. */
function isTaken(status: number): boolean {
  return status === 200 || status === 500;
}

function failed(kind: Peer['kind'], error: unknown): Posted {
  if (NOT_SENT.has(codeOf(error) ?? '')) return { answer: null, outcome: 'unreachable' };
  // DANGER: it may have been executed. A cardbot's ledger takes it again; a foreign bot has none,
  // so whether it is sent again is left to Telegram.
  const answer = kind === 'foreign' ? { ...COME_BACK, byForeign: true } : null;
  return { answer, outcome: 'lost' };
}

/** Failures to connect: nothing was sent. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);
