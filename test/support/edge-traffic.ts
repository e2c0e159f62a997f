import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../../src/lib/errors.js';
import type { TestEdge } from './edge.js';

/** Sends so many updates over eight kept connections, as fast as they are answered. */
export async function sendUpdates(edge: TestEdge, count: number): Promise<number[]> {
  let sent = 0;
  const sender = async () => {
    const statuses: number[] = [];
    while (sent < count) statuses.push(await edge.post(`update ${sent++}`));
    return statuses;
  };
  return (await Promise.all(Array.from({ length: 8 }, sender))).flat();
}

export interface Traffic {
  /** What was sent, with the status of its answer. */
  answers: Map<string, number>;
  /** Sent again because the connection was closed before an answer, as Telegram does. */
  redelivered: string[];
  /** Stops sending, and waits for the last answer. */
  stop(): Promise<void>;
}

/** Sends updates at a fixed rate, whether or not the earlier ones have been answered. */
export function startTraffic(edge: TestEdge, perSecond: number): Traffic {
  const answers = new Map<string, number>();
  const redelivered: string[] = [];
  const underWay: Promise<void>[] = [];
  const deliver = async (update: string): Promise<void> => {
    try {
      answers.set(update, await edge.post(update));
    } catch (error) {
      // An idle connection that Nginx was closing as the request was sent: it never read it.
      if (!['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '')) throw error;
      redelivered.push(update);
      await deliver(update);
    }
  };
  let stopped = false;
  const send = async () => {
    const startMs = performance.now();
    for (let sent = 0; !stopped; sent++) {
      await sleep(Math.max(startMs + (sent * 1_000) / perSecond - performance.now(), 0));
      underWay.push(deliver(`update ${sent}`));
    }
  };
  const sending = send();
  const stop = async () => {
    stopped = true;
    await sending;
    await Promise.all(underWay);
  };
  return { answers, redelivered, stop };
}
