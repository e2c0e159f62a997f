import { CardctlError } from '../lib/errors.js';

/** The `database` block of the game's config.json. */
export interface DatabaseBlock {
  type?: string | undefined;
  host: string;
  port?: number | string | undefined;
  database: string;
  user: string;
  password?: string | undefined;
  /** Where the bots read; the target is the primary, so it is no part of its URL. */
  read_replica?: unknown;
}

/** The URL that means what the block says, special characters and all. */
export function urlOf(block: DatabaseBlock): string {
  const { host, port = 5432, database, user, password = '' } = block;
  const encode = encodeURIComponent;
  const login = password === '' ? encode(user) : `${encode(user)}:${encode(password)}`;
  const path = encode(database);
  if (host.startsWith('/')) {
    return `postgresql://${login}@localhost:${port}/${path}?host=${encode(host)}`;
  }
  const hostname = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `postgresql://${login}@${hostname}:${port}/${path}`;
}

/**
 * Reads a URL of Postgres.
 *
 * @throws CardctlError `usage`, which does not repeat the text: it may hold a password anywhere.
 */
export function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) throw unreadable('it is not a URL');
  if (!['postgres:', 'postgresql:'].includes(parsed.protocol)) {
    throw unreadable('it does not begin with postgresql://');
  }
  // A password with a / ? or # in it ends the host too early, and its rest is taken for a path.
  const rest = parsed.pathname + parsed.search + parsed.hash;
  if (parsed.username === '' && rest.includes('@')) throw unreadable('its password is cut in two');
  if (parsed.hash !== '') throw unreadable('it has a # in it');
  return parsed;
}

/** The passwords in a URL, as written and as meant. */
export function secretsOf(url: URL): string[] {
  const written = [url.password, ...SECRETS.map((name) => url.searchParams.get(name) ?? '')];
  const secrets = written.flatMap((text) => [text, decoded(text), encodeURIComponent(text)]);
  // The longest first, so that none is left in part.
  return [...new Set(secrets)].filter((text) => text !== '').sort((a, b) => b.length - a.length);
}

/** The URL without its passwords; an unreadable one is not shown at all. */
export function redactUrl(url: string): string {
  if (!URL.canParse(url)) return '(unreadable URL)';
  const parsed = new URL(url);
  const rest = parsed.pathname + parsed.search + parsed.hash;
  if (parsed.username === '' && rest.includes('@')) return '(unreadable URL)';
  if (parsed.password !== '') parsed.password = '***';
  for (const name of SECRETS)
    if (parsed.searchParams.has(name)) parsed.searchParams.set(name, '***');
  return parsed.href;
}

/** `host:port/database`. */
export function describeTarget(url: string): string {
  const parsed = parseUrl(url);
  const host = parsed.searchParams.get('host') ?? decoded(parsed.hostname);
  const port = parsed.searchParams.get('port') ?? parsed.port;
  // Without a name, the server takes the user's for the database's.
  const database = databaseOf(parsed) || userOf(parsed);
  return `${host || 'localhost'}:${port || '5432'}/${database}`;
}

export function userOf(url: URL): string {
  return url.searchParams.get('user') ?? decoded(url.username);
}

/** What a URL says of TLS; undefined when it says nothing, and PGSSLMODE decides. */
export function sslModeOf(url: URL): string | undefined {
  return url.searchParams.get('sslmode') ?? undefined;
}

/**
 * The URL as `pg` must have it to mean what it means to psql: `pg` decodes only part of the escapes
 * in the database's name, and it takes sslmode=require for verify-full unless told otherwise.
 */
export function urlForPg(url: URL): string {
  const copy = new URL(url);
  const database = databaseOf(url);
  if (/[?#]/.test(database)) throw unreadable('a database name with ? or # in it is not supported');
  copy.pathname = `/${encodeURI(database)}`;
  const sslMode = sslModeOf(url);
  if (sslMode !== undefined && sslMode !== 'no-verify' && !copy.searchParams.has(COMPAT)) {
    copy.searchParams.set(COMPAT, 'true');
  }
  return copy.href;
}

const SECRETS = ['password', 'sslpassword'];
const COMPAT = 'uselibpqcompat';

function databaseOf(url: URL): string {
  return decoded(url.pathname.slice(1));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unreadable(why: string): CardctlError {
  return new CardctlError('usage', `the URL of the target cannot be read: ${why}`, {
    hint: 'Write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with @ : / ? # % in the password percent-encoded (@ is %40).',
  });
}
