/** One number of one instance, as Prometheus knows it. */
export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** What the bots of a stack count, all read at about the same time. */
export interface Scrape {
  /** By instance; one that could not be read is not there. */
  instances: ReadonlyMap<string, readonly Sample[]>;
  /** What could not be read, and why: a clause each. Never a secret. */
  problems: string[];
}

/** The names that gates are judged by, and the one that tells a restart. */
export const METRICS = {
  updates: 'cardbot_updates_total',
  updateSeconds: 'cardbot_update_seconds_bucket',
  updateAgeSeconds: 'cardbot_update_age_seconds_bucket',
  cacheRequests: 'cardbot_cache_requests_total',
  startTime: 'process_start_time_seconds',
} as const;
