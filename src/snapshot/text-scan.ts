/** What the bytes of a text say about it, as bits. */
export const TEXT_HAS_NUL = 1;
export const TEXT_NOT_UTF8 = 2;

/** Shape numbers, in the order of `TEXT_SHAPES`. */
export const TEXT_SHAPES = [
  'other',
  'empty',
  'digits',
  'YYYY-MM-DD',
  'YYYY-MM-DDTHH:MM:SS',
  'YYYY-MM-DDTHH:MM:SS.ffffff',
  'YYYY-MM-DD HH:MM:SS',
  'YYYY-MM-DD HH:MM:SS.fff',
  'with zone',
] as const;

const OTHER = 0;
const EMPTY = 1;
const DIGITS = 2;
const DATE = 3;
const T_SECONDS = 4;
const T_MICROSECONDS = 5;
const SPACE_SECONDS = 6;
const SPACE_MILLISECONDS = 7;
const WITH_ZONE = 8;

/** Looks for NULs and for sequences that are not UTF-8 (RFC 3629) in `bytes[at..end)`. */
export function scanText(bytes: Uint8Array, at: number, end: number): number {
  let flags = 0;
  let i = at;
  while (i < end) {
    const byte = bytes[i] as number;
    if (byte < 0x80) {
      if (byte === 0) flags |= TEXT_HAS_NUL;
      i++;
      continue;
    }
    const length = sequenceLength(bytes, i, end, byte);
    if (length === 0) return flags | TEXT_NOT_UTF8;
    i += length;
  }
  return flags;
}

/** The shape of the text `bytes[at..end)`: an index into `TEXT_SHAPES`. */
export function textShape(bytes: Uint8Array, at: number, end: number): number {
  const length = end - at;
  if (length === 0) return EMPTY;
  if (!isDigit(bytes[at] as number)) return OTHER;
  if (length < 10 || bytes[at + 4] !== 0x2d) return isDigits(bytes, at, end) ? DIGITS : OTHER;
  if (bytes[at + 7] !== 0x2d || !isDigits(bytes, at, at + 4) || !isDigits(bytes, at + 5, at + 7)) {
    return OTHER;
  }
  if (!isDigits(bytes, at + 8, at + 10) || !isDay(bytes, at)) return OTHER;
  if (length === 10) return DATE;
  const separator = bytes[at + 10];
  if ((separator !== 0x54 && separator !== 0x20) || length < 19 || !isTime(bytes, at + 11)) {
    return OTHER;
  }
  if (length === 19) return separator === 0x54 ? T_SECONDS : SPACE_SECONDS;
  let i = at + 19;
  if (bytes[i] === 0x2e) {
    i++;
    while (i < end && isDigit(bytes[i] as number)) i++;
  }
  if (i < end) return isZone(bytes, i, end) ? WITH_ZONE : OTHER;
  const fraction = length - 20;
  // A fraction of zeros is not what isoformat() writes: the way back would leave it out.
  if (separator === 0x54 && fraction === 6)
    return isZeros(bytes, at + 20, end) ? OTHER : T_MICROSECONDS;
  if (separator === 0x20 && fraction === 3) return SPACE_MILLISECONDS;
  return OTHER;
}

/** Whether a text of that shape can hold nothing but digits and the signs between them. */
export function isAsciiShape(shape: number): boolean {
  return shape !== OTHER && shape !== WITH_ZONE;
}

function sequenceLength(bytes: Uint8Array, at: number, end: number, lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return at + 1 < end && isTail(bytes[at + 1]) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (at + 2 >= end || !isTail(bytes[at + 1]) || !isTail(bytes[at + 2])) return 0;
    const second = bytes[at + 1] as number;
    if (lead === 0xe0 && second < 0xa0) return 0;
    return lead === 0xed && second > 0x9f ? 0 : 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (at + 3 >= end || !isTail(bytes[at + 1]) || !isTail(bytes[at + 2])) return 0;
    if (!isTail(bytes[at + 3])) return 0;
    const second = bytes[at + 1] as number;
    if (lead === 0xf0 && second < 0x90) return 0;
    return lead === 0xf4 && second > 0x8f ? 0 : 4;
  }
  return 0;
}

function isTail(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isDigits(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (!isDigit(bytes[i] as number)) return false;
  return true;
}

function isZeros(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (bytes[i] !== 0x30) return false;
  return true;
}

/** A day that the calendar has. Year 0 is one to SQLite and none to Postgres. */
function isDay(bytes: Uint8Array, at: number): boolean {
  const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2);
  const month = twoDigits(bytes, at + 5);
  const day = twoDigits(bytes, at + 8);
  if (year === 0 || month < 1 || month > 12 || day < 1) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && isLeap ? 29 : (MONTH_DAYS[month - 1] as number));
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function twoDigits(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) - 0x30) * 10 + (bytes[at + 1] as number) - 0x30;
}

function isTime(bytes: Uint8Array, at: number): boolean {
  return (
    isDigits(bytes, at, at + 2) &&
    bytes[at + 2] === 0x3a &&
    isDigits(bytes, at + 3, at + 5) &&
    bytes[at + 5] === 0x3a &&
    isDigits(bytes, at + 6, at + 8) &&
    twoDigits(bytes, at) < 24 &&
    twoDigits(bytes, at + 3) < 60 &&
    twoDigits(bytes, at + 6) < 60
  );
}

/** `Z`, or `+HH:MM` and the like. */
function isZone(bytes: Uint8Array, at: number, end: number): boolean {
  const first = bytes[at];
  if (first === 0x5a) return end === at + 1;
  return (first === 0x2b || first === 0x2d) && end - at >= 3 && end - at <= 6;
}
