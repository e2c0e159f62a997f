import { resolve } from 'node:path';
import type { EdgeConfig, EdgeServer } from '../../edge/config.js';
import { serversOf } from './legacy.js';
import type { Problems } from './problems.js';
import type { Body } from './schema.js';
import { secretOf, type WrittenSecret } from './secret.js';
import type { Place } from './validate.js';

/** The bots on either side of a move, and what stands around them. */
export interface Stacks {
  readonly bots: readonly EdgeServer[];
  readonly telegram: {
    readonly token: string | null;
    readonly secretToken: string | null;
    readonly webhookPath: string;
    /** Without the @; null: Telegram is to be asked. */
    readonly username: string | null;
    readonly apiRoot: string;
  };
  readonly runtime: {
    readonly adminToken: string | null;
    readonly peerSecret: string | null;
    /** IANA name of the zone in which the bot has always written its times. */
    readonly timeZone: string;
    /** The directory that `image_path` starts at. */
    readonly images: string;
    readonly cdn: string | null;
    /** The target is reached through PgBouncer in transaction mode. */
    readonly pgBouncer: boolean;
    /** Messages of one bot at most; null: what Telegram bears. */
    readonly messagesPerSecond: number | null;
  };
  /** URLs with their passwords; several for a cluster, none without Redis. */
  readonly redis: readonly string[];
  readonly nginx: Omit<EdgeConfig, 'servers' | 'webhookPath'> & { readonly serverFile: string };
}

interface StacksInput {
  place: Place;
  /** Relative paths start here. */
  directory: string;
}

/** The part of a configuration that is about bots, Redis and Nginx, with its defaults. */
export function stacksOf(
  body: Pick<Body, 'telegram' | 'runtime' | 'legacy' | 'bots' | 'redis' | 'nginx'>,
  input: StacksInput,
  problems: Problems,
  onSecret: (secret: string) => void,
): Stacks {
  const { telegram, runtime, nginx = {} } = body;
  const secretAt = (secret: WrittenSecret | undefined, path: readonly PropertyKey[]) => {
    if (secret === undefined) return null;
    const value = secretOf(secret, path, input, problems) ?? null;
    if (value !== null) onSecret(value);
    return value;
  };
  return {
    bots: serversOf(body),
    telegram: {
      token: secretAt(telegram?.token, ['telegram', 'token']),
      secretToken: secretAt(telegram?.secretToken, ['telegram', 'secretToken']),
      webhookPath: telegram?.webhookPath ?? '/webhook',
      username: telegram?.username ?? null,
      apiRoot: telegram?.apiRoot ?? 'https://api.telegram.org',
    },
    runtime: {
      adminToken: secretAt(runtime?.adminToken, ['runtime', 'adminToken']),
      peerSecret: secretAt(runtime?.peerSecret, ['runtime', 'peerSecret']),
      timeZone: runtime?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      images: resolve(input.directory, runtime?.images ?? '.'),
      cdn: runtime?.cdn ?? null,
      pgBouncer: runtime?.pgBouncer ?? false,
      messagesPerSecond: runtime?.messagesPerSecond ?? null,
    },
    redis: redisUrls(body.redis, input, problems, onSecret),
    nginx: {
      upstreamName: nginx.upstreamName ?? 'bot_backend',
      upstreamFile: resolve(
        input.directory,
        nginx.upstreamFile ?? '/etc/nginx/conf.d/cardctl-upstream.conf',
      ),
      serverFile: resolve(
        input.directory,
        nginx.serverFile ?? '/etc/nginx/conf.d/cardctl-server.conf',
      ),
      serverName: nginx.serverName ?? '_',
      listenPort: nginx.listenPort ?? 443,
      certificate: nginx.certificate ?? '/etc/ssl/certs/cardctl.pem',
      certificateKey: nginx.certificateKey ?? '/etc/ssl/private/cardctl.key',
      accessLog: resolve(input.directory, nginx.accessLog ?? '/var/log/nginx/cardctl.log'),
      statusUrl: nginx.statusUrl ?? 'http://127.0.0.1:8081/generation',
      statusListen: nginx.statusListen,
      commands: {
        test: nginx.test ?? ['nginx', '-t'],
        reload: nginx.reload ?? ['nginx', '-s', 'reload'],
        timeoutMsMax: nginx.timeoutMs ?? 30_000,
        files: nginx.files,
      },
    },
  };
}

/** Each password is a secret of its own; the rest of a URL may be seen. */
function redisUrls(
  redis: Body['redis'],
  input: StacksInput,
  problems: Problems,
  onSecret: (secret: string) => void,
): string[] {
  const written = redis === undefined ? [] : Array.isArray(redis) ? redis : [redis];
  return written.flatMap((each, i) => {
    const path = Array.isArray(redis) ? ['redis', i] : ['redis'];
    const value = secretOf(each, path, input, problems);
    if (value === undefined) return [];
    const { protocol, password } = URL.canParse(value)
      ? new URL(value)
      : { protocol: '', password: '' };
    if (protocol === 'redis:' || protocol === 'rediss:') {
      for (const secret of [password, decodeURIComponent(password)]) {
        if (secret !== '') onSecret(secret);
      }
      return [value];
    }
    const named = input.place.nameOf(path);
    problems.add(named.from, named.path, 'expected a URL such as redis://10.0.1.30:6379');
    return [];
  });
}
