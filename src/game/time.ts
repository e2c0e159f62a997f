import { instantOf } from '../snapshot/take/instant.js';
import type { StoredTime } from '../store/rows.js';

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** When a move is made, and on what clock its times are written. */
export interface Now {
  /** Unix milliseconds; a fraction holds microseconds. */
  ms: number;
  /** The bot's own time zone, an IANA name: the database's times mostly tell none. */
  zone: string;
}

/**
 * The instant of a stored time, Unix milliseconds, exact to the microsecond. A time without a zone
 * was read off a clock in `zone`; one that such a clock showed twice is the first of the two, and
 * one that it skipped is as much later as it skipped, as in Python (PEP 495, `fold=0`).
 *
 * Null when there is none, or it is no time in any form that the bot has written.
 */
export function readTime(value: StoredTime | null, zone: string): number | null {
  const instant = value === null ? null : instantOf(value);
  if (instant === null) return null;
  const us = Math.round(instant.s * 1e6);
  if (!instant.isLocal) return us / 1_000;
  return (us - offsetOfClockMs(us / 1_000, zone) * 1_000) / 1_000;
}

/** The time as Python's `datetime.isoformat()` writes it: no zone, and no fraction that is zero. */
export function writeTime(ms: number, zone: string): string {
  const us = Math.round(ms * 1_000);
  const wholeMs = Math.floor(us / 1e6) * 1_000;
  const text = new Date(wholeMs + offsetMs(wholeMs, zone)).toISOString().slice(0, 19);
  const fraction = us - wholeMs * 1_000;
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(6, '0')}`;
}

/** How far ahead of UTC a clock was when it showed `localMs`, a time counted as if it were UTC. */
function offsetOfClockMs(localMs: number, zone: string): number {
  const before = offsetMs(localMs - DAY_MS, zone);
  const after = offsetMs(localMs + DAY_MS, zone);
  if (before === after || offsetMs(localMs - before, zone) === before) return before;
  return offsetMs(localMs - after, zone) === after ? after : before;
}

/** How far ahead of UTC the clocks of a zone are at an instant. */
function offsetMs(ms: number, zone: string): number {
  const [, sign, hours, minutes = 0, seconds = 0] =
    /GMT([+-])(\d\d):?(\d\d)?:?(\d\d)?$/.exec(formatterOf(zone).format(ms)) ?? [];
  const offset = ((Number(hours ?? 0) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
  return sign === '-' ? -offset : offset;
}

/** A formatter costs some hundred times what it is used for. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    timeZoneName: 'longOffset',
  });
  formatters.set(zone, formatter);
  return formatter;
}
