import type Database from 'better-sqlite3';
import type { SourceSchema } from '../../schema/model.js';
import { sameName } from '../../schema/names.js';
import { instantOf, UNIX_MS_MIN } from './instant.js';

/**
 * Texts with a zone and Unix times tell the time in UTC; texts without one tell that of the bot's
 * own clock, wherever it stood. No two places are further apart than this, seconds.
 */
const CLOCKS_APART_S = 14 * 3_600;

const DAY_S = 24 * 3_600;
/** How far back rows are parsed: both clocks, any zone, and a roughly known newest time, seconds. */
const LATELY_S = 3 * DAY_S;

/** Who did something lately, by columns that say who and when. */
export interface RecentUsersQuery {
  columns: ActivityColumn[];
  /** How long before the newest time of all still counts, seconds. */
  windowS: number;
  /** Later times are a wrong clock's, and are left aside: Unix time, seconds. */
  notAfterS: number;
}

/** Columns that a source does not have are passed over. */
export interface ActivityColumn {
  table: string;
  user: string;
  time: string;
}

export interface RecentUsers {
  /** Distinct users with a time in the window. */
  users: number;
  /** The newest time, Unix seconds, a text without a zone read as UTC; null when there is none. */
  newestS: number | null;
  /** The columns that were there, with the distinct users that each has in the window. */
  columns: (ActivityColumn & { users: number })[];
  /** Values that are no time in any form that is known. */
  unreadable: number;
  /** Values after `notAfterS`. */
  inFuture: number;
}

/**
 * Counts the users of the last minutes before the newest time in the data, not before now: a copy
 * of the database that is a month old tells as much.
 *
 * SQL finds the rows of the last days by comparing texts as they are; only those are parsed.
 */
export function countRecentUsers(
  db: Database.Database,
  schema: SourceSchema,
  { columns: wanted, windowS, notAfterS }: RecentUsersQuery,
): RecentUsers {
  const columns = wanted.filter((column) => isThere(schema, column));
  const glances = columns.map((column) => glanceAt(db, column, notAfterS));
  const aboutNewestS = Math.max(0, ...glances.map((glance) => glance.newestS));
  const lately = columns.map((column) =>
    activityIn(db, column, aboutNewestS - LATELY_S, notAfterS),
  );
  const clocks = clocksOf(lately.flat());
  const isRecent = ({ s, isLocal }: Activity) => {
    const newestS = isLocal ? clocks.localS : clocks.utcS;
    return s >= newestS - windowS && newestS >= clocks.newestS - CLOCKS_APART_S;
  };
  const users = lately.map((each) => new Set(each.filter(isRecent).map(({ user }) => user)));
  return {
    users: new Set(users.flatMap((each) => [...each])).size,
    newestS: Number.isFinite(clocks.newestS) ? clocks.newestS : null,
    columns: columns.map((column, i) => ({ ...column, users: users[i]?.size ?? 0 })),
    unreadable: sumOf(glances.map((glance) => glance.unreadable)),
    inFuture: sumOf(glances.map((glance) => glance.inFuture)),
  };
}

function isThere(schema: SourceSchema, { table, user, time }: ActivityColumn): boolean {
  const columns = schema.tables.find(({ name }) => sameName(name, table))?.columns ?? [];
  return [user, time].every((wanted) => columns.some(({ name }) => sameName(name, wanted)));
}

interface Glance {
  /** Roughly: zones are not looked at. 0 when there is none. */
  newestS: number;
  unreadable: number;
  inFuture: number;
}

function glanceAt(db: Database.Database, column: ActivityColumn, notAfterS: number): Glance {
  const value = ident(column.time);
  const { iso, unix } = formsOf(column);
  const row = db
    .prepare(
      `SELECT max(${value}) FILTER (WHERE ${iso} AND ${value} <= :isoMax),
              max(${unix}) FILTER (WHERE ${unix} <= :unixMax),
              count(*) FILTER (WHERE NOT ${iso} AND ${unix} IS NULL),
              count(*) FILTER (WHERE ${iso} AND ${value} > :isoMax OR ${unix} > :unixMax)
       FROM ${ident(column.table)} WHERE ${value} IS NOT NULL`,
    )
    .raw()
    .get({ isoMax: isoOf(notAfterS), unixMax: notAfterS }) as [
    string | null,
    number | null,
    bigint,
    bigint,
  ];
  const [isoText, unixS, unreadable, inFuture] = row;
  const isoS = isoText === null ? 0 : (instantOf(isoText.slice(0, 10))?.s ?? 0) + DAY_S;
  return {
    newestS: Math.max(isoS, unixS ?? 0),
    unreadable: Number(unreadable),
    inFuture: Number(inFuture),
  };
}

interface Activity {
  user: string;
  s: number;
  isLocal: boolean;
}

function activityIn(
  db: Database.Database,
  column: ActivityColumn,
  fromS: number,
  notAfterS: number,
): Activity[] {
  const value = ident(column.time);
  const { iso, unix } = formsOf(column);
  const rows = db
    .prepare(
      `SELECT CAST(${ident(column.user)} AS TEXT), ${value} FROM ${ident(column.table)}
       WHERE ${ident(column.user)} IS NOT NULL AND ${value} IS NOT NULL
         AND (${iso} AND ${value} >= :isoMin OR ${unix} >= :unixMin)`,
    )
    .raw();
  const found: Activity[] = [];
  for (const row of rows.iterate({ isoMin: isoOf(fromS), unixMin: fromS })) {
    const [user, time] = row as [string, string | number | bigint];
    const instant = instantOf(time);
    if (instant !== null && instant.s <= notAfterS) found.push({ user, ...instant });
  }
  return found;
}

/** Which form a value is in: SQL that is true for ISO 8601, and that is the number for Unix time. */
function formsOf({ time }: ActivityColumn): { iso: string; unix: string } {
  const value = ident(time);
  const isIso = `typeof(${value}) = 'text' AND ${value} GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]*'`;
  const isNumber = `typeof(${value}) IN ('integer', 'real') OR typeof(${value}) = 'text' AND ${value} NOT GLOB '*[^0-9.]*' AND ${value} <> ''`;
  const number = `CAST(${value} AS REAL)`;
  return {
    iso: `(${isIso})`,
    unix: `(CASE WHEN ${isNumber} THEN iif(${number} >= ${UNIX_MS_MIN}, ${number} / 1000.0, ${number}) END)`,
  };
}

interface Clocks {
  utcS: number;
  localS: number;
  newestS: number;
}

/** The newest time by each clock; minus infinity when it told none. */
function clocksOf(activity: readonly Activity[]): Clocks {
  const clocks = { utcS: Number.NEGATIVE_INFINITY, localS: Number.NEGATIVE_INFINITY };
  for (const { s, isLocal } of activity) {
    if (isLocal) clocks.localS = Math.max(clocks.localS, s);
    else clocks.utcS = Math.max(clocks.utcS, s);
  }
  return { ...clocks, newestS: Math.max(clocks.utcS, clocks.localS) };
}

/** Without a zone: it is compared with texts, not parsed. */
function isoOf(s: number): string {
  return new Date(Math.max(0, s) * 1_000).toISOString().slice(0, 19);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
