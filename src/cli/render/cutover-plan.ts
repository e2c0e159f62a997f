import type { PlannedCutover } from '../engine/cutover/plan.js';
import { formatCount, formatSeconds } from './format.js';
import { formatTable } from './table.js';

/** What a cutover would do, for people. */
export function cutoverPlanText(planned: PlannedCutover, { color }: { color: boolean }): string {
  const { weights, promoteAfter, holdSeconds, updatesNeeded, problems } = planned;
  const names = weights[0]?.servers.map(({ name }) => name) ?? [];
  const table = formatTable(
    ['fleet', ...names, 'updates to decide', 'then'],
    weights.map(({ percent, servers, updatesInAll }) => [
      `${percent}%`,
      ...servers.map(({ weight }) => String(weight)),
      formatCount(updatesInAll),
      percent === promoteAfter ? 'promote, and once more' : '',
    ]),
    { rightAligned: [0, ...names.map((_, i) => i + 1), names.length + 1], color },
  );
  return [
    'would assess, back up, load and follow, compare every value, warm, and shift by these weights:',
    '',
    table,
    '',
    ...limitLines(planned),
    `a gate decides within ${formatSeconds(holdSeconds)}, or holds; it needs ${formatCount(updatesNeeded)} updates that the fleet answered well`,
    ...expectedLines(planned),
    ...problems.map((problem) => `in the way: ${problem}`),
    'nothing was changed',
  ].join('\n');
}

function limitLines({ limits }: PlannedCutover): string[] {
  const { errorRate, p99Ms, lagMs, pendingUpdates, updateAgeS, hitRate } = limits;
  const percent = (share: number) => `${Number((100 * share).toPrecision(3))}%`;
  return [
    `gates: errors below ${percent(errorRate)}, p99 below ${formatCount(p99Ms)} ms, lag below ${formatCount(lagMs)} ms, at most ${formatCount(pendingUpdates)} updates waiting at Telegram, none older than ${updateAgeS} s, both databases equal, shares as wanted${hitRate === null ? '' : `, cache hits above ${percent(hitRate)} once Postgres is the authority`}`,
  ];
}

function expectedLines({ expected }: PlannedCutover): string[] {
  if (expected === null) return [];
  const { backup, writersHeld, load } = expected;
  return [
    `before the first shift: backup about ${formatSeconds(backup)}, load about ${formatSeconds(load)}; writers held about ${formatSeconds(writersHeld)} for each of both`,
  ];
}
