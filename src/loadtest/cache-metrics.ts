import { request } from 'undici';
import { deadlineIn } from '../lib/deadline.js';

/** Requests to the cache since a bot started. */
export interface CacheCounts {
  hits: number;
  misses: number;
}

const ANSWER_MS_MAX = 2_000;

/**
 * Reads the cache counters of every bot from its `/metrics`.
 *
 * @param adminUrls base URLs; a bot that does not answer, or has no such counter, is left out
 * @param token the bearer token of the admin listeners
 * @returns by URL
 */
export async function readCacheCounts(
  adminUrls: readonly string[],
  token: string | undefined,
): Promise<Map<string, CacheCounts>> {
  const found = await Promise.all(
    adminUrls.map(async (url) => [url, await readOne(url, token).catch(() => undefined)] as const),
  );
  return new Map(found.flatMap(([url, counts]) => (counts === undefined ? [] : [[url, counts]])));
}

/** @returns the share of hits between two readings, 0 to 1; null when nothing was asked */
export function cacheHitRate(
  before: ReadonlyMap<string, CacheCounts>,
  after: ReadonlyMap<string, CacheCounts>,
): number | null {
  let [hits, misses] = [0, 0];
  for (const [url, now] of after) {
    const then = before.get(url);
    // A bot that was started again counts from zero.
    const isSame = then !== undefined && then.hits <= now.hits && then.misses <= now.misses;
    hits += now.hits - (isSame ? then.hits : 0);
    misses += now.misses - (isSame ? then.misses : 0);
  }
  return hits + misses === 0 ? null : hits / (hits + misses);
}

/** @returns the counters in a Prometheus text, added up over their other labels */
export function parseCacheCounts(text: string): CacheCounts | undefined {
  const counts = { hits: 0, misses: 0 };
  let isThere = false;
  for (const [, labels = '', value = ''] of text.matchAll(COUNTER)) {
    isThere = true;
    if (labels.includes('result="hit"')) counts.hits += Number(value);
    if (labels.includes('result="miss"')) counts.misses += Number(value);
  }
  return isThere ? counts : undefined;
}

const COUNTER = /^cardbot_cache_requests_total\{([^}]*)\}\s+(\S+)/gm;

async function readOne(
  adminUrl: string,
  token: string | undefined,
): Promise<CacheCounts | undefined> {
  const { statusCode, body } = await request(new URL('/metrics', adminUrl), {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    signal: deadlineIn(ANSWER_MS_MAX),
  });
  const text = await body.text();
  return statusCode === 200 ? parseCacheCounts(text) : undefined;
}
