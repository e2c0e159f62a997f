import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** When the follower first showed what; polled, so up to two milliseconds late. */
export interface Observer {
  /** Unix times, milliseconds, and the highest id of fight_history that was there. */
  stop(): Promise<{ atMs: number; id: number }[]>;
}

export async function observeTarget(url: string): Promise<Observer> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const seen: { atMs: number; id: number }[] = [];
  let isStopping = false;
  const watching = (async () => {
    let last = -1;
    while (!isStopping) {
      const { rows } = await client.query({
        name: 'highest',
        text: 'SELECT max(id) AS id FROM fight_history',
      });
      const id = Number((rows[0] as { id: string }).id);
      if (id !== last) seen.push({ atMs: performance.timeOrigin + performance.now(), id });
      last = id;
      await sleep(1);
    }
  })();
  return {
    stop: async () => {
      isStopping = true;
      await watching;
      await client.end();
      return seen;
    },
  };
}

/** How long each committed row took until it was seen, milliseconds. */
export function lagsMs(
  written: readonly { id: number; atMs: number }[],
  seen: readonly { atMs: number; id: number }[],
): number[] {
  const lags: number[] = [];
  let at = 0;
  for (const { id, atMs } of written) {
    while (at < seen.length && (seen[at]?.id ?? 0) < id) at += 1;
    const first = seen[at];
    if (first === undefined) break;
    lags.push(Math.max(0, first.atMs - atMs));
  }
  return lags;
}
