import type { TextShape, TimeTextForm } from '../model.js';

/** Which shapes of text a form covers. */
export const FORM_SHAPES: Record<TimeTextForm, readonly TextShape[]> = {
  'YYYY-MM-DD': ['YYYY-MM-DD'],
  'YYYY-MM-DD HH:MM:SS': ['YYYY-MM-DD HH:MM:SS'],
  'YYYY-MM-DD HH:MM:SS.fff': ['YYYY-MM-DD HH:MM:SS.fff'],
  'YYYY-MM-DDTHH:MM:SS[.ffffff]': ['YYYY-MM-DDTHH:MM:SS', 'YYYY-MM-DDTHH:MM:SS.ffffff'],
};

const FORM_PATTERNS: Record<TimeTextForm, RegExp> = {
  'YYYY-MM-DD': /^(\d{4}-\d\d-\d\d)$/,
  'YYYY-MM-DD HH:MM:SS': /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/,
  'YYYY-MM-DD HH:MM:SS.fff': /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{3})$/,
  // A fraction of zeros is left out by isoformat(), and would be by the way back.
  'YYYY-MM-DDTHH:MM:SS[.ffffff]': /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(?!0{6})(\d{6}))?$/,
};

/**
 * The text that Postgres prints for a timestamp which was written as `text`, or undefined when it
 * is not in this form or is no time that exists.
 */
export function timestampText(text: string, form: TimeTextForm): string | undefined {
  const [, date, time = '00:00:00', fraction = ''] = FORM_PATTERNS[form].exec(text) ?? [];
  if (date === undefined || !isDay(date) || !isTimeOfDay(time)) return undefined;
  const digits = fraction.replace(/0+$/, '');
  return digits === '' ? `${date} ${time}` : `${date} ${time}.${digits}`;
}

/** The text that Postgres prints for a date which was written as `text`, or undefined. */
export function dateText(text: string): string | undefined {
  return FORM_PATTERNS['YYYY-MM-DD'].test(text) && isDay(text) ? text : undefined;
}

/** A day of the calendar that Postgres and ISO 8601 share; there is no year 0 in Postgres. */
function isDay(date: string): boolean {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= (days[month - 1] as number);
}

function isTimeOfDay(time: string): boolean {
  const [hour, minute, second] = time.split(':').map(Number) as [number, number, number];
  return hour < 24 && minute < 60 && second < 60;
}
