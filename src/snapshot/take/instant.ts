/** A time as some program wrote it down. */
export interface Instant {
  /** Unix seconds; a time without a zone is read as if it were UTC. */
  s: number;
  /** It had no zone: the clock of the machine that wrote it. */
  isLocal: boolean;
}

/** Numbers from here on are Unix milliseconds. */
export const UNIX_MS_MIN = 1e11;

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?)?(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * Reads a time in any form that a bot may have written: ISO 8601 with or without a time, a
 * fraction or a zone; Unix seconds or milliseconds, as a number or as text.
 */
export function instantOf(value: string | number | bigint): Instant | null {
  if (typeof value !== 'string' || /^\d+(\.\d+)?$/.test(value)) {
    const number = Number(value);
    return { s: number >= UNIX_MS_MIN ? number / 1_000 : number, isLocal: false };
  }
  const parts = ISO.exec(value);
  if (parts === null) return null;
  const [year, month, day, hour, minute] = parts.slice(1, 6).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  const s = Date.UTC(year, month - 1, day, hour, minute) / 1_000 + Number(parts[6] ?? 0);
  return { s: s - offsetS(parts[7]), isLocal: parts[7] === undefined };
}

function offsetS(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60;
}
