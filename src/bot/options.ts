import type { StoreKind } from '../store/store.js';
import type { Limits } from './outbound/limits.js';
import type { Pictures } from './outbound/pictures.js';

/** Everything that is chosen about a bot; the store, the cache and the log are passed beside it. */
export interface BotOptions {
  /** This server among the others of its stack, as answers name it. */
  server: string;
  telegram: {
    token: string;
    /** Default: https://api.telegram.org */
    apiRoot?: string;
    /** Without the @; `/claim@cardbot` is for the bot of that name. */
    username: string;
  };
  /** The IANA zone of the clock that the game's times were read off. */
  zone: string;
  /** How updates come: posted by Telegram, or, on a developer's machine, fetched. */
  updates: ({ from: 'webhook' } & WebhookOptions) | { from: 'polling' };
  admin: AdminOptions;
  /** Bots of the other stack, for what only they may do. */
  peers: readonly Peer[];
  /** Known to all cardbots of both stacks; without one no cardbot forwards to this one. */
  peerSecret?: string;
  pictures: Pictures;
  /** How long an update is held while nobody may write, ms. Telegram waits 60 s. Default: 8,000. */
  holdMs?: number;
  limits?: Partial<Limits>;
  drain?: Partial<DrainOptions>;
}

export interface DrainOptions {
  /** How long Nginx gets to go elsewhere, before connections are refused. */
  lingerMs: number;
  /** How long updates in flight get. Telegram delivers again what is cut off. */
  inFlightMs: number;
  /** How long the outbox gets. What it does not send another bot's sweep sends. */
  outboxMs: number;
}

export interface WebhookOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Only Telegram, and Nginx, know it. */
  path: string;
  /** Another one at which the same updates come: the path of a foreign bot behind the same Nginx. */
  foreignPath?: string;
  /** The `secret_token` of `setWebhook`. */
  secretToken: string;
  timeouts?: Partial<WebhookTimeouts>;
}

export interface WebhookTimeouts {
  /** Longer than Nginx keeps an idle connection (60 s), so that it never sends into a closed one. */
  keepAliveMs: number;
  /** Above `keepAliveMs`, and at most `requestMs`. */
  headersMs: number;
  /** From the first to the last byte of a request. */
  requestMs: number;
  /** How often Node looks for requests that take too long. */
  checkMs: number;
}

export interface AdminOptions {
  host: string;
  port: number;
  /** A listener that others can reach must have one. */
  token?: string;
}

export type Peer =
  | { kind: 'cardbot'; url: string }
  /** Somebody's own bot, which knows nothing of ledgers; a plain webhook post. */
  | { kind: 'foreign'; url: string; secretToken?: string };

export type Stack = 'legacy' | 'fleet';

/** The bots that run on a store. */
export const STACK_OF: Readonly<Record<StoreKind, Stack>> = { sqlite: 'legacy', postgres: 'fleet' };
