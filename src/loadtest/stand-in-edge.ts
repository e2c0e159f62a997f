import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { EdgeConfig } from '../edge/config.js';
import { readUpstream } from '../edge/read-upstream.js';
import { generationOf, type Upstream, type WeightedServer } from '../edge/render-upstream.js';
import type { Clock } from '../lib/clock.js';
import { CardctlError, messageOf } from '../lib/errors.js';
import type { Route, Spread } from './spread.js';
import { smoothWeighted } from './weighted.js';

/** What stands in for an Nginx: for a machine that has none. */
export interface StandInEdge {
  spread: Spread;
  close(): Promise<void>;
}

const LOOK_MS = 50;

/** Of the access log. */
const FLUSH_MS = 100;

/**
 * Spreads updates over the bots as the Nginx of this configuration would: by the weights of the
 * upstream file, read again whenever it is replaced; its status listener says which generation is in
 * force, and its access log who got what. A file that cannot be read changes nothing, as with Nginx.
 *
 * Left out is what Nginx does beside: TLS, and asking a second bot where the first cannot be reached.
 *
 * @throws CardctlError `edge` when there is no such file yet, or the status listener cannot be bound
 */
export async function startStandInEdge(config: EdgeConfig, clock: Clock): Promise<StandInEdge> {
  const rulesIn = (upstream: string) =>
    rulesOf(readUpstream(upstream, config.upstreamFile), config);
  let text = readUpstreamText(config.upstreamFile);
  let rules = rulesIn(text);
  const status = createServer({ keepAliveTimeout: 3_600_000 }, (request, response) => {
    if (request.url !== new URL(config.statusUrl).pathname) response.statusCode = 404;
    response.end(`${rules.generation} ${process.pid}\n`);
  });
  await listen(status, config.statusUrl);
  const look = setInterval(() => {
    try {
      const next = readUpstreamText(config.upstreamFile);
      if (next === text) return;
      rules = rulesIn(next);
      text = next;
      // So an old worker of Nginx shows that it takes nothing more.
      status.closeIdleConnections();
    } catch {
      // Half written, or somebody else's: what is in force stays so.
    }
  }, LOOK_MS);
  const log = openLog(config.accessLog);
  const next = (): Route => {
    const { generation } = rules;
    const { address, url } = rules.next();
    const ended = (code: number, seconds: number) => {
      const atS = (clock.now().getTime() / 1_000).toFixed(3);
      log.add(`${atS} ${generation} ${code === 0 ? 502 : code} ${seconds.toFixed(3)} ${address}`);
    };
    return { url, ended };
  };
  return {
    spread: { next, url: `http://${config.servers[0]?.address}${config.webhookPath}` },
    close: async () => {
      clearInterval(look);
      log.close();
      status.close();
      status.closeAllConnections();
    },
  };
}

/** What one generation of the upstream file says. */
interface Rules {
  generation: string;
  next(): Pick<WeightedServer, 'address'> & { url: string };
}

function rulesOf(upstream: Upstream, { servers, webhookPath }: EdgeConfig): Rules {
  const choices = upstream.servers.map(({ address, weight }) => ({
    address,
    url:
      servers.find((server) => server.address === address)?.foreign?.url ??
      `http://${address}${webhookPath}`,
    weight: weight === 'down' ? 0 : weight,
  }));
  return { generation: generationOf(upstream), next: smoothWeighted(choices) };
}

function readUpstreamText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CardctlError('edge', `the upstream file cannot be read: ${messageOf(error)}`, {
      hint: 'make it with: cardctl nginx --install',
      cause: error,
    });
  }
}

async function listen(server: ReturnType<typeof createServer>, statusUrl: string): Promise<void> {
  const { hostname, port } = new URL(statusUrl);
  try {
    server.listen(Number(port || 80), hostname);
    await once(server, 'listening');
  } catch (error) {
    throw new CardctlError('edge', `cannot listen at ${statusUrl}: ${messageOf(error)}`, {
      hint: 'Is an Nginx running there? Then no stand-in is needed: play against its address with --url.',
      cause: error,
    });
  }
}

/** Lines are written a few times a second, together. */
function openLog(path: string): { add(line: string): void; close(): void } {
  let lines = '';
  const flush = () => {
    if (lines === '') return;
    appendFileSync(path, lines);
    lines = '';
  };
  const timer = setInterval(flush, FLUSH_MS);
  return {
    add: (line) => {
      lines += `${line}\n`;
    },
    close: () => {
      clearInterval(timer);
      flush();
    },
  };
}
