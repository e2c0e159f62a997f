import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { CardctlError } from '../lib/errors.js';
import { oneWriteATick } from './one-write-a-tick.js';
import { explainRedisError, isReply, type RedisFacts } from './redis-errors.js';
import { describeRedis, parseRedisUrl, type RedisAddress } from './redis-url.js';

export interface RedisConnectionOptions {
  /** How the connection calls itself in CLIENT LIST; default `cardctl`. */
  connectionName?: string | undefined;
  /** How long a connection may take to be made, milliseconds; default 5,000. */
  connectTimeoutMs?: number | undefined;
  /** How long a command may take, milliseconds; default 250. */
  commandTimeoutMs?: number | undefined;
  /** Told of every failed connection, so perhaps once a second. */
  onError?: ((error: CardctlError) => void) | undefined;
}

/** One Redis server or a cluster. Connects by itself, and again whenever the connection is lost. */
export interface RedisConnection {
  /** `host:port`, for people. */
  readonly name: string;
  readonly client: Redis | Cluster;
  readonly isCluster: boolean;
  /**
   * Waits for the first connection, for as long as one may take to be made.
   *
   * @throws CardctlError `edge`
   */
  untilReady(): Promise<void>;
  /**
   * For how long every server has surely kept what it was given, milliseconds: since it started.
   * 0 when that is not known now.
   */
  keptForMs(): number;
  /** Whether the server was there and answered, if only that it will not do that. */
  isReply(error: unknown): boolean;
  /** Says what is wrong; why there is no connection, when there is none. */
  explain(error: unknown): CardctlError;
  close(): void;
}

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 250;
/** A server that answers nothing for this long is taken for gone, and connected to anew. */
const SILENCE_MS_MAX = 5_000;
const RECONNECT_MS_MAX = 1_000;

/**
 * Opens Redis by its URL, or a cluster by the URLs of several of its nodes. A command is sent once
 * or not at all: it fails at once without a connection, and is not sent again after one broke.
 * Nothing that goes wrong here ends the process, and no error shows a password.
 *
 * @throws CardctlError `usage` when a URL cannot be read
 */
export function openRedis(
  urls: readonly [string, ...string[]],
  options: RedisConnectionOptions = {},
): RedisConnection {
  const addresses = urls.map(parseRedisUrl);
  const facts = factsOf(addresses);
  const isCluster = addresses.length > 1;
  const client = isCluster
    ? openCluster(addresses, options)
    : openSingle(addresses[0] as RedisAddress, options);
  const ages = watchAges(client);
  let lastError: CardctlError | undefined;
  const explain = (error: unknown) => {
    const isConnected = client.status === 'ready' || isReply(error);
    return isConnected
      ? explainRedisError(facts, error)
      : (lastError ?? explainRedisError(facts, error));
  };
  const onError = (error: Error) => {
    lastError = explainRedisError(facts, lastNodeErrorOf(error));
    options.onError?.(lastError);
  };
  // Without a listener, ioredis writes to the console.
  client.on('error', onError);
  client.on('node error', onError);
  return {
    name: facts.name,
    client,
    isCluster,
    untilReady: () => untilReady(client, options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, explain),
    keptForMs: () => keptForMs(client, ages),
    isReply,
    explain,
    close: () => client.disconnect(),
  };
}

function factsOf(addresses: readonly RedisAddress[]): RedisFacts {
  const passwords = addresses.flatMap(({ password }) => password ?? []);
  return {
    name: addresses.map(describeRedis).join(', '),
    secrets: passwords.flatMap((password) => [password, encodeURIComponent(password)]),
  };
}

function openSingle(address: RedisAddress, options: RedisConnectionOptions): Redis {
  return new Redis({
    ...connectionOf(address, options),
    host: address.host,
    port: address.port,
    db: address.db,
    retryStrategy: reconnectInMs,
    enableOfflineQueue: false,
  });
}

function openCluster(addresses: readonly RedisAddress[], options: RedisConnectionOptions): Cluster {
  const [first] = addresses as [RedisAddress, ...RedisAddress[]];
  const nodes = addresses.map(({ host, port }) => ({ host, port }));
  return new Cluster(nodes, {
    redisOptions: connectionOf(first, options),
    clusterRetryStrategy: reconnectInMs,
    // A node that comes back with its slots unchanged is asked again.
    clusterNodeRetryStrategy: reconnectInMs,
    enableOfflineQueue: false,
    // One redirection for slots that moved. What fails otherwise is not tried again elsewhere:
    // that would send a command twice, and take longer than it is worth.
    maxRedirections: 2,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 0,
  });
}

function connectionOf(
  { username, password, tls }: RedisAddress,
  options: RedisConnectionOptions,
): Pick<RedisOptions, 'username' | 'password' | 'tls' | 'commandTimeout' | 'connectTimeout'> {
  const common: RedisOptions = {
    username,
    password,
    connectionName: options.connectionName ?? 'cardctl',
    connectTimeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    commandTimeout: options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
    socketTimeout: SILENCE_MS_MAX,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    protocol: 2,
  };
  return tls === undefined ? common : { ...common, tls };
}

/** Doubling from 50 ms to a second, with up to a fifth more, so that bots do not come all at once. */
function reconnectInMs(attempt: number): number {
  const ms = Math.min(RECONNECT_MS_MAX, 50 * 2 ** Math.min(attempt - 1, 10));
  return ms * (1 + Math.random() / 5);
}

/** A cluster that cannot be reached says so without why; its last node's error tells. */
function lastNodeErrorOf(error: Error): unknown {
  return (error as { lastNodeError?: unknown }).lastNodeError ?? error;
}

async function untilReady(
  client: Redis | Cluster,
  timeoutMs: number,
  explain: (error: unknown) => CardctlError,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!isReady(client)) {
    const waitsInVain = client.status === 'end' || performance.now() > deadline;
    if (waitsInVain) throw explain(new Error(`no connection within ${timeoutMs / 1_000} s`));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function isReady(client: Redis | Cluster): boolean {
  const nodes = client instanceof Cluster ? client.nodes('master') : [];
  return client.status === 'ready' && nodes.every(({ status }) => status === 'ready');
}

/** When each server started, on the monotonic clock; asked for whenever it is connected to. */
type Ages = WeakMap<Redis, number>;

function watchAges(client: Redis | Cluster): Ages {
  const ages: Ages = new WeakMap();
  const watch = (node: Redis) => {
    node.on('connect', () => oneWriteATick(node.stream));
    node.on('close', () => void ages.delete(node));
    node.on('ready', () => {
      node.info('server').then(
        (info) => {
          const seconds = Number(/^uptime_in_seconds:(\d+)/m.exec(info)?.[1] ?? 0);
          ages.set(node, performance.now() - seconds * 1_000);
        },
        () => undefined,
      );
    });
  };
  if (!(client instanceof Cluster)) {
    watch(client);
    return ages;
  }
  client.on('+node', (node: Redis) => {
    watch(node);
    // Of itself it connects at the first command, which fails then.
    if (node.status === 'wait') node.connect().catch(() => undefined);
  });
  return ages;
}

function keptForMs(client: Redis | Cluster, ages: Ages): number {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  const now = performance.now();
  const kept = nodes.map((node) => now - (ages.get(node) ?? now));
  return kept.length === 0 ? 0 : Math.min(...kept);
}
