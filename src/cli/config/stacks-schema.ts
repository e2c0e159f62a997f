import { isIP } from 'node:net';
import { z } from 'zod';
import { secret, text, whole } from './values.js';

const url = text.refine((value) => URL.canParse(value), { error: 'expected a URL' });
const argv = z
  .tuple([text], text, { error: 'expected a list: the program and its arguments' })
  .readonly();
const path = text.regex(/^\/\S*$/, 'expected a path that begins with /');

export const telegramSchema = z.strictObject({
  token: secret.optional(),
  /** What Telegram sends in `X-Telegram-Bot-Api-Secret-Token`, as given to `setWebhook`. */
  secretToken: secret.optional(),
  webhookPath: path.optional(),
  /** The bot's, without the @; Telegram is asked when it is not here. */
  username: text.optional(),
  apiRoot: url.optional(),
});

/** What all instances of cardbot share. */
export const runtimeSchema = z.strictObject({
  adminToken: secret.optional(),
  /** What bots show each other when they forward an update. */
  peerSecret: secret.optional(),
  timeZone: text
    .refine((zone) => Intl.supportedValuesOf('timeZone').includes(zone) || zone === 'UTC', {
      error: 'expected a time zone such as Asia/Tehran',
    })
    .optional(),
  images: text.optional(),
  cdn: url.optional(),
  /** The target is reached through PgBouncer in transaction mode. */
  pgBouncer: z.boolean().optional(),
  /** Of one bot; Telegram bears 30 unless more was agreed on with it. */
  messagesPerSecond: whole(1, 100_000).optional(),
});

/** Who serves the players on the source: bots named under `bots`, or somebody's own. */
export const legacySchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('cardbot') }),
    z.strictObject({
      kind: z.literal('foreign'),
      /** Where it takes updates. Nginx speaks HTTP to it, at an IP address. */
      url: text.refine(isWebhook, {
        error: 'expected a URL such as http://10.0.1.9:8081/webhook, with an IP address',
      }),
      /** Answers 2xx when the bot is well. */
      health: url.optional(),
    }),
  ],
  { error: 'expected "kind": "cardbot" or "foreign"' },
);

export const botsSchema = z
  .array(
    z.strictObject({
      name: text.regex(/^[A-Za-z0-9._-]{1,40}$/, 'expected letters, digits, . _ -'),
      stack: z.enum(['legacy', 'fleet'], { error: 'expected legacy or fleet' }),
      address: text.refine(isAddress, {
        error: 'expected an IP address and a port, such as 10.0.1.10:8443',
      }),
      admin: url.optional(),
    }),
    { error: 'expected a list of bots' },
  )
  .refine((bots) => new Set(bots.map(({ name }) => name)).size === bots.length, {
    error: 'two bots have the same name',
  });

const redisNode = z.union([secret], { error: 'expected a URL such as redis://10.0.1.30:6379' });
export const redisSchema = z.union([redisNode, z.array(redisNode).min(1)], {
  error: 'expected a URL such as redis://10.0.1.30:6379, or a list of the URLs of a cluster',
});

export const nginxSchema = z.strictObject({
  upstreamFile: text.optional(),
  serverFile: text.optional(),
  upstreamName: text.optional(),
  serverName: text.optional(),
  listenPort: whole(1, 65_535).optional(),
  certificate: text.optional(),
  certificateKey: text.optional(),
  accessLog: text.optional(),
  statusUrl: url.optional(),
  statusListen: text.optional(),
  test: argv.optional(),
  reload: argv.optional(),
  timeoutMs: whole(100, 600_000).optional(),
  /** When Nginx is on another machine; see `FileCommands`. */
  files: z
    .strictObject({ read: argv, write: argv, rename: argv, stat: argv, readFrom: argv })
    .optional(),
});

function isWebhook(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, search, hash } = new URL(value);
  const isPlain = username === '' && search === '' && hash === '';
  return protocol === 'http:' && isPlain && isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}

function isAddress(value: string): boolean {
  const match = /^(?:\[(?<v6>.+)\]|(?<v4>[^:]+)):(?<port>\d{1,5})$/.exec(value);
  const { v6, v4, port } = match?.groups ?? {};
  const family = v6 === undefined ? isIP(v4 ?? '') === 4 : isIP(v6) === 6;
  return family && Number(port) >= 1 && Number(port) <= 65_535;
}
