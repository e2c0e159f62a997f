import { CardctlError, codeOf, messageOf } from '../lib/errors.js';

/** What is known about the servers when something goes wrong with them. */
export interface RedisFacts {
  /** `host:port`, or several of them. */
  name: string;
  /** Passwords, which must not get into any message. */
  secrets: readonly string[];
}

/**
 * Says what is wrong with Redis and what to do, from Node's error code or from the word that begins
 * a reply. A CardctlError passes through as it is. The cause is a copy without the secrets: ioredis
 * keeps the command with its arguments on its errors.
 */
export function explainRedisError(facts: RedisFacts, error: unknown): CardctlError {
  if (error instanceof CardctlError) return error;
  const text = conceal(messageOf(error) || (codeOf(error) ?? 'no reason given'), facts.secrets);
  const code = codeOf(error) ?? replyCodeOf(error) ?? '';
  const { message, hint } = explain(facts.name, code, text);
  return new CardctlError('edge', message, {
    hint,
    cause: new Error(text),
    details: { redis: facts.name, ...(code === '' ? {} : { code }) },
  });
}

/** Whether the server was there and answered, if only that it will not do that. */
export function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

/** Replies that are errors begin with a word for programs: `OOM`, `READONLY`. */
function replyCodeOf(error: unknown): string | undefined {
  return isReply(error) ? /^[A-Z]+(?= )/.exec(messageOf(error))?.[0] : undefined;
}

function conceal(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== '')
    .reduce((concealed, secret) => concealed.replaceAll(secret, '***'), text);
}

interface Explanation {
  message: string;
  hint: string;
}

function explain(name: string, code: string, text: string): Explanation {
  switch (code) {
    case 'ECONNREFUSED':
      return {
        message: `nothing answers at ${name}: connection refused`,
        hint: 'Start the Redis server, or correct host and port in its URL.',
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        message: `the host of ${name} is unknown: the name does not resolve`,
        hint: 'Correct the host in the URL of Redis. A password with @ : / ? # in it must be percent-encoded.',
      };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return {
        message: `${name} cannot be reached (${code})`,
        hint: 'Try it with: redis-cli ping. Check firewalls, and whether the server wants TLS (rediss://).',
      };
    case 'NOAUTH':
    case 'WRONGPASS':
      return {
        message: `${name} does not accept the user and password (${code})`,
        hint: 'Correct user and password in the URL of Redis. A password with @ : / ? # % in it must be percent-encoded.',
      };
    case 'NOPERM':
      return {
        message: `the user may not do that at ${name}: ${text}`,
        hint: 'Let the user run GET, SET, DEL, PTTL, EVAL, EVALSHA, INFO and the sorted-set commands on player_*, leaderboard:* and rank:*.',
      };
    case 'OOM':
      return {
        message: `${name} is full and takes no writes: ${text}`,
        hint: 'Raise maxmemory, and set maxmemory-policy allkeys-lru: all that is kept here can be loaded again.',
      };
    case 'READONLY':
    case 'MISCONF':
      return {
        message: `${name} takes no writes: ${text}`,
        hint: 'Give the URL of a primary, and see its log if it is one.',
      };
    default:
      return {
        message: `Redis at ${name}: ${text}`,
        hint: 'Try it with: redis-cli ping, and look into the log of the server.',
      };
  }
}
