import { setTimeout as sleep } from 'node:timers/promises';
import { openTarget } from '../../drivers/postgres.js';
import { openSource } from '../../drivers/sqlite.js';
import type { Clock } from '../../lib/clock.js';
import type { LagReading } from '../../steps/gate/lag.js';
import { otherThan } from '../../sync/authority.js';
import { joinFacts } from '../../sync/pair.js';
import { readFacts } from '../../sync/postgres/facts.js';
import { readSqliteFacts } from '../../sync/sqlite/facts.js';
import type { Places } from './standing.js';

/** From one look at the follower to the next, ms. */
const LOOK_MS = 20;

/**
 * Measures how long the follower takes to get where the authority is now: what nobody has to tell,
 * and what a follower that has died does not.
 */
export async function probeLag(
  { sourcePath, targetUrl }: Places,
  clock: Clock,
  signal: AbortSignal,
): Promise<LagReading> {
  const source = openSource(sourcePath);
  const target = openTarget(targetUrl, { connectTimeoutMs: 5_000 });
  try {
    const client = await target.connect();
    const look = async () => joinFacts(readSqliteFacts(source.db), await readFacts(client, null));
    const startMs = clock.monotonicMs();
    const { authority, ...sides } = await look();
    const wanted = sides[authority.store].logged.sequence;
    const follower = otherThan(authority.store);
    for (let now = sides; ; now = await look()) {
      const { applied } = now[follower];
      const isThere = applied?.epoch === authority.epoch && applied.position.sequence >= wanted;
      if (isThere) return { lagMs: clock.monotonicMs() - startMs, ageMs: 0 };
      await sleep(LOOK_MS, undefined, { signal });
    }
  } catch (error) {
    throw target.explain(error);
  } finally {
    await target.close();
    source.close();
  }
}
