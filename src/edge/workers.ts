import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import type { Clock } from '../lib/clock.js';
import { CardctlError, messageOf } from '../lib/errors.js';

/** The workers that accepted connections at one moment, each held by an idle connection. */
export interface Workers {
  /** Pid → generation. */
  serving: ReadonlyMap<number, string>;
  /** Those of them that have not begun to shut down. */
  staying(): number[];
  close(): Promise<void>;
}

/**
 * Meets every worker of Nginx that accepts connections, and keeps one connection to each. A worker
 * that is told to shut down first closes its listening sockets and then its idle connections: so
 * when the connection is closed, that worker takes no new request. It needs no access to the
 * machine of Nginx but the status listener.
 *
 * @throws CardctlError `edge`, when the status listener does not answer as it should
 */
export async function meetWorkers(statusUrl: string, signal?: AbortSignal): Promise<Workers> {
  const held = new Map<number, Held>();
  const close = async () => {
    await Promise.all([...held.values()].map(({ client }) => client.destroy()));
  };
  try {
    for (let asked = 0; asked < samplesFor(held.size); asked++) {
      const { client, isOpen, answer } = await ask(statusUrl, signal);
      if (held.has(answer.pid)) await client.destroy();
      else held.set(answer.pid, { client, isOpen, generation: answer.generation });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    serving: new Map([...held].map(([pid, { generation }]) => [pid, generation])),
    staying: () => [...held].filter(([, { isOpen }]) => isOpen()).map(([pid]) => pid),
    close,
  };
}

export interface ServedOptions {
  statusUrl: string;
  generation: string;
  /** Who served before the reload: all of them must have begun to shut down. */
  before: Workers;
  deadlineMs: number;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

/**
 * Waits until every worker that accepts connections serves this generation and none from before is
 * left among them. Requests under way in the old ones are finished there; each of their
 * connections is closed after its answer, so they take no more.
 *
 * @returns the pids that serve it
 * @throws CardctlError `edge` at the deadline, with who still serves what; `interrupted`
 */
export async function untilServed(options: ServedOptions): Promise<number[]> {
  const { statusUrl, generation, before, deadlineMs, clock, signal } = options;
  const endMs = clock.monotonicMs() + deadlineMs;
  for (;;) {
    const problem = await look(options);
    if (Array.isArray(problem)) return problem;
    if (signal?.aborted) {
      throw new CardctlError('interrupted', `stopped while waiting for generation ${generation}`);
    }
    if (clock.monotonicMs() > endMs) {
      throw new CardctlError(
        'edge',
        `after ${deadlineMs / 1_000} s not every worker of Nginx serves generation ${generation}: ${problem}`,
        {
          hint: 'See the error log of Nginx for why it refused the reload, and that it includes the upstream file.',
          details: { statusUrl, generation, staying: before.staying() },
        },
      );
    }
    await sleep(POLL_MS);
  }
}

const POLL_MS = 50;

interface Held {
  client: Client;
  isOpen: () => boolean;
  generation: string;
}

/** The pids that serve the generation, or what is in the way. */
async function look(options: ServedOptions): Promise<number[] | string> {
  const { statusUrl, generation, before, signal } = options;
  const pids = new Set<number>();
  for (let asked = 0; asked < samplesFor(pids.size); asked++) {
    try {
      const { client, answer } = await ask(statusUrl, signal);
      await client.destroy();
      if (answer.generation !== generation) {
        return `worker ${answer.pid} serves ${answer.generation}`;
      }
      pids.add(answer.pid);
    } catch (error) {
      return messageOf(error);
    }
  }
  const staying = before.staying();
  if (staying.length > 0) return `worker ${staying[0]} has not begun to shut down`;
  return [...pids];
}

/**
 * How many connections, dealt out at random, leave a chance below one in a million that there is
 * one worker more than those met: (1 − 1/(met + 1))^n < 10⁻⁶.
 */
function samplesFor(met: number): number {
  return 14 * (met + 1);
}

interface Answered {
  client: Client;
  isOpen: () => boolean;
  answer: { generation: string; pid: number };
}

/** Asks on a connection of its own, and leaves it open. */
async function ask(statusUrl: string, signal?: AbortSignal): Promise<Answered> {
  const { origin, pathname } = new URL(statusUrl);
  const client = new Client(origin, {
    connect: { timeout: ANSWER_MS_MAX },
    headersTimeout: ANSWER_MS_MAX,
    bodyTimeout: ANSWER_MS_MAX,
    // Who closes it must be Nginx.
    keepAliveTimeout: 3_600_000,
    keepAliveMaxTimeout: 3_600_000,
  });
  let isOpen = true;
  client.on('disconnect', () => {
    isOpen = false;
  });
  try {
    const { statusCode, body } = await client.request({
      path: pathname,
      method: 'GET',
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await body.text();
    const [, generation, pid] = /^(\d+-[0-9a-f]{8}) (\d+)\n$/.exec(text) ?? [];
    if (statusCode !== 200 || generation === undefined) {
      throw new Error(`answered ${statusCode} ${JSON.stringify(text.slice(0, 100))}`);
    }
    return { client, isOpen: () => isOpen, answer: { generation, pid: Number(pid) } };
  } catch (error) {
    await client.destroy();
    if (signal?.aborted) throw new CardctlError('interrupted', 'stopped while asking Nginx');
    throw new CardctlError('edge', `the status listener at ${statusUrl}: ${messageOf(error)}`, {
      hint: 'Include the server file in the configuration of Nginx; print it with: cardctl nginx',
      cause: error,
    });
  }
}

const ANSWER_MS_MAX = 5_000;
