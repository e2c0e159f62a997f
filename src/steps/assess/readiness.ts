import type { RecentUsers } from '../../snapshot/take/recent-users.js';
import type { Readiness, Threshold, Verdict } from './assessment.js';

/** Above this many users in all one plans the move. */
const USERS_PLAN_ABOVE = 3_000;
/** From this many on one begins it. */
const USERS_START_FROM = 5_000;
/** Users active at once, above which one begins. */
const ACTIVE_START_ABOVE = 500;
/** Size of the database above which one begins, bytes. */
const BYTES_START_ABOVE = 2e9;

/** How long before the newest time an activity counts as "at once", seconds. */
export const ACTIVE_WINDOW_S = 15 * 60;

interface Load {
  /** Null when there is no table of players. */
  users: number | null;
  recent: RecentUsers | null;
  bytes: number;
}

/** Holds what was found against the guide's thresholds. The gravest verdict is the verdict. */
export function readinessOf({ users, recent, bytes }: Load): Readiness {
  const thresholds = [usersInAll(users), activeAtOnce(recent), size(bytes), RESPONSE_TIME];
  const verdict = gravest(thresholds);
  return { verdict, thresholds, reasons: reasonsFor(verdict, thresholds) };
}

function usersInAll(users: number | null): Threshold {
  return {
    name: 'users',
    value: users,
    unit: 'users',
    threshold: `above ${number(USERS_PLAN_ABOVE)} plan, from ${number(USERS_START_FROM)} start`,
    verdict: users === null ? 'unknown' : verdictByUsers(users),
    basis: users === null ? 'there is no table of players' : 'rows of the table of players',
  };
}

function verdictByUsers(users: number): Verdict {
  if (users >= USERS_START_FROM) return 'start';
  return users > USERS_PLAN_ABOVE ? 'plan' : 'not yet';
}

function activeAtOnce(recent: RecentUsers | null): Threshold {
  const known = recent !== null && recent.newestS !== null;
  const value = known ? recent.users : null;
  return {
    name: 'active at once',
    value,
    unit: 'users',
    threshold: `above ${number(ACTIVE_START_ABOVE)} start`,
    verdict: startAbove(value, ACTIVE_START_ABOVE),
    basis: known ? activityBasis(recent) : 'there is no time at which a player did something',
  };
}

function activityBasis({ newestS, columns, unreadable, inFuture }: RecentUsers): string {
  const newest = new Date((newestS ?? 0) * 1_000).toISOString().slice(0, 19);
  const aside = [
    unreadable > 0 ? `${number(unreadable)} values are no time` : '',
    inFuture > 0 ? `${number(inFuture)} lie in the future and do not count` : '',
  ].filter((each) => each !== '');
  const names = columns.map(({ table, time }) => `${table}.${time}`).join(', ');
  return [
    `players with a time in the ${ACTIVE_WINDOW_S / 60} minutes up to the newest, ${newest}, in ${names}`,
    ...aside,
  ].join('; ');
}

function size(bytes: number): Threshold {
  return {
    name: 'size',
    value: bytes,
    unit: 'bytes',
    threshold: `above ${BYTES_START_ABOVE / 1e9} GB start`,
    verdict: startAbove(bytes, BYTES_START_ABOVE),
    basis: 'the file',
  };
}

const RESPONSE_TIME: Threshold = {
  name: 'response time',
  value: null,
  unit: 'seconds',
  threshold: 'above 1 s start',
  verdict: 'unknown',
  basis: 'cannot be seen from the file: look at how long the bot takes to answer',
};

function startAbove(value: number | null, above: number): Verdict | 'unknown' {
  if (value === null) return 'unknown';
  return value > above ? 'start' : 'not yet';
}

function gravest(thresholds: readonly Threshold[]): Verdict {
  const verdicts = thresholds.map(({ verdict }) => verdict);
  if (verdicts.includes('start')) return 'start';
  return verdicts.includes('plan') ? 'plan' : 'not yet';
}

/** Those that led to the verdict, then what is not known. */
function reasonsFor(verdict: Verdict, thresholds: readonly Threshold[]): string[] {
  const led = thresholds.filter((each) => each.verdict === verdict);
  const unknown = thresholds.filter((each) => each.verdict === 'unknown');
  return [
    ...led.map((each) => `${each.name}: ${amount(each)} (${each.threshold})`),
    ...unknown.map((each) => `${each.name}: unknown (${each.threshold}); ${each.basis}`),
  ];
}

function amount({ value, unit }: Threshold): string {
  return unit === 'bytes' ? `${((value ?? 0) / 1e6).toFixed(1)} MB` : number(value ?? 0);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
