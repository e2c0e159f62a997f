const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in SI units, as disks and networks are sold: 1 MB is 1,000,000 bytes. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** A count with thousands separators: `4,712,003`. */
export function formatCount(count: number | bigint): string {
  return (typeof count === 'number' ? Math.round(count) : count).toLocaleString('en-US');
}

/** Seconds, in the words a person would use: `0.61 s`, `12.3 s`, `2 min 05 s`, `1 h 02 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** A time left, without false precision: `8 s`, `2 min 05 s`. */
export function formatTimeLeft(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  return seconds < 59.5 ? `${Math.ceil(seconds)} s` : formatSeconds(seconds);
}

/** Rows or pages per second: `52,300 rows/s`. */
export function formatRate(perSecond: number, unit: string): string {
  if (unit === 'bytes') return `${formatBytes(perSecond)}/s`;
  return `${formatCount(perSecond)} ${unit}/s`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
