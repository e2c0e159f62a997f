import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { CardctlError } from '../lib/errors.js';
import type { Stack } from './config.js';
import { plainWord } from './directive.js';
import type { Weight } from './weights.js';

export interface WeightedServer {
  name: string;
  stack: Stack;
  address: string;
  weight: Weight;
}

/** What the upstream file says. */
export interface Upstream {
  name: string;
  /** Rises with every file that cardctl writes. */
  number: number;
  /** The share of the fleet that was asked for, percent. */
  percent: number;
  servers: readonly WeightedServer[];
  /** How long Nginx keeps an idle connection to a bot, when one closes it sooner than cardbot. */
  keepAliveSeconds?: number | undefined;
}

/** cardbot keeps connections for 75 s: no request may meet one that a bot is closing. */
export const KEEP_ALIVE_SECONDS = 60;

/** The first words of the file, by which cardctl knows it for its own. */
export const OWNED = '# Written by cardctl, which owns this file.';

/**
 * The text of the upstream file: the weights, and the generation as a variable, so that any worker
 * can be asked which file it has loaded.
 *
 * While the traffic is shifted it is weighted round robin: `least_conn` compares connections, so
 * that a slow stack would get less than its share. `zone` makes the workers take turns together,
 * instead of each by itself.
 *
 * @throws CardctlError `usage`, for names and addresses that Nginx would misread
 */
export function renderUpstream(upstream: Upstream): string {
  const { name, number, percent, servers, keepAliveSeconds = KEEP_ALIVE_SECONDS } = upstream;
  refuseAmbiguousServers(servers);
  const lines = [
    `${OWNED} Do not edit it: run cardctl shift --percent N.`,
    `# Upstream ${number}: ${percent}% of the traffic to the fleet.`,
    `map $server_protocol $cardctl_generation { default ${generationOf(upstream)}; }`,
    `upstream ${plainWord('the name of the upstream', name)} {`,
    `    zone ${name} 128k;`,
    ...(percent === 100 ? ['    least_conn;'] : []),
    ...servers.map(serverLine),
    '    keepalive 64;',
    `    keepalive_timeout ${keepAliveSeconds}s;`,
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

/** What a worker that has loaded this file answers: its number, and a digest of what it says. */
export function generationOf(upstream: Upstream): string {
  const { name, number, percent, servers, keepAliveSeconds } = upstream;
  const more = keepAliveSeconds === undefined ? [] : [keepAliveSeconds];
  const told = JSON.stringify([name, percent, servers.map(serverLine), ...more]);
  return `${number}-${createHash('sha256').update(told).digest('hex').slice(0, 8)}`;
}

function serverLine({ name, stack, address, weight }: WeightedServer): string {
  const turn = weight === 'down' ? 'down' : `weight=${weight}`;
  return `    server ${address} ${turn} max_fails=3 fail_timeout=30s; # ${stack} ${name}`;
}

function refuseAmbiguousServers(servers: readonly WeightedServer[]): void {
  const seen = new Set<string>();
  for (const { name, address } of servers) {
    plainWord('the name of a server', name);
    if (!isAddress(address)) {
      throw new CardctlError(
        'usage',
        `the address of ${name} is no IP address and port: ${address}`,
        {
          hint: 'Behind a host name may be several addresses, and Nginx gives each the full weight. Write e.g. 10.0.1.10:8443',
        },
      );
    }
    for (const key of [`server ${name}`, `address ${address}`]) {
      if (seen.has(key)) {
        throw new CardctlError('usage', `the ${key} is listed twice`, {
          hint: 'Give every server a name and an address of its own.',
        });
      }
      seen.add(key);
    }
  }
}

function isAddress(address: string): boolean {
  const [, ipv6, ipv4, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address) ?? [];
  const isPort = Number(port) >= 1 && Number(port) <= 65_535;
  return isPort && (isIP(ipv6 ?? '') === 6 || isIP(ipv4 ?? '') === 4);
}
