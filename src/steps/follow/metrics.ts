import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What the follow process counts. */
export type FollowMetrics = ReturnType<typeof createFollowMetrics>;

const LAG_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300];

export function createFollowMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    lagSeconds: new Histogram({
      name: 'cardctl_follow_lag_seconds',
      help: 'The longest that a change of an applied set can have waited, until it was committed',
      buckets: LAG_SECONDS,
      registers,
    }),
    backlogEntries: new Gauge({
      name: 'cardctl_follow_backlog_entries',
      help: 'Entries of the change log that are not applied yet',
      registers,
    }),
    entries: new Counter({
      name: 'cardctl_follow_entries_total',
      help: 'Entries of the change log that were applied',
      registers,
    }),
    rows: new Counter({
      name: 'cardctl_follow_rows_total',
      help: 'Rows that were written or deleted on the follower',
      registers,
    }),
    sets: new Counter({
      name: 'cardctl_follow_sets_total',
      help: 'Transactions on the follower',
      registers,
    }),
    caughtUpSeconds: new Gauge({
      name: 'cardctl_follow_caught_up_timestamp_seconds',
      help: 'When the follower last had all that was committed, Unix time',
      registers,
    }),
    epoch: new Gauge({
      name: 'cardctl_authority_epoch',
      help: 'The epoch that is followed',
      registers,
    }),
    isAuthority: new Gauge({
      name: 'cardctl_authority',
      help: '1 for the store whose writes count',
      labelNames: ['store'] as const,
      registers,
    }),
  };
}
