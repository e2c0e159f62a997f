import type { ConnectionOptions } from 'node:tls';
import { CardctlError } from '../lib/errors.js';

/** One server as a URL names it. */
export interface RedisAddress {
  host: string;
  port: number;
  username: string | undefined;
  password: string | undefined;
  db: number;
  /** Set for `rediss://`. */
  tls: ConnectionOptions | undefined;
}

const DEFAULT_PORT = 6379;

/**
 * Reads a URL of Redis: `redis://[user][:password@]host[:port][/db]`, `rediss://` with TLS.
 *
 * @throws CardctlError `usage`, which does not repeat the text: it may hold a password anywhere.
 */
export function parseRedisUrl(url: string): RedisAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) throw unreadable('it is not a URL');
  const { protocol, username, password, pathname, search, hash } = parsed;
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw unreadable('it does not begin with redis:// or rediss://');
  }
  // A password with a / ? or # in it ends the host too early, and its rest is taken for a path.
  if (search !== '' || hash !== '' || !/^\/?\d*$/.test(pathname)) {
    throw unreadable('what stands behind the port is not the number of a database');
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, '') || 'localhost';
  return {
    host,
    port: parsed.port === '' ? DEFAULT_PORT : Number(parsed.port),
    username: decoded(username) || undefined,
    password: decoded(password) || undefined,
    db: Number(pathname.slice(1)),
    tls: protocol === 'rediss:' ? { servername: host } : undefined,
  };
}

/** `host:port`, for people. */
export function describeRedis({ host, port }: RedisAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable('a % in it begins no escape');
  }
}

function unreadable(why: string): CardctlError {
  return new CardctlError('usage', `the URL of Redis cannot be read: ${why}`, {
    hint: 'Write it as redis://USER:PASSWORD@HOST:PORT/0, with @ : / ? # % in the password percent-encoded (@ is %40).',
  });
}
