import { isUtf8 } from 'node:buffer';
import type { TimeTextForm } from '../../schema/model.js';
import type { PairedColumn } from './paired-table.js';

/** What better-sqlite3 takes as a value. A number is always a REAL. */
export type SqliteValue = null | bigint | number | string | Buffer;

/**
 * The way back: the value of a column that the target prints as `field`, with which SQLite had it
 * or would have had it. What SQLite cannot hold as it is (digits beyond those of a double, say)
 * comes as near as it can: whoever writes it reads it back and compares.
 *
 * @param field as the target prints it, unescaped; null for NULL
 */
export function sqliteValueOf({ plan }: PairedColumn, field: string | null): SqliteValue {
  if (field === null) return null;
  const { type, source, rule, textForm } = plan;
  switch (type) {
    case 'bigint':
      return BigInt(field);
    case 'double precision':
      return Number(field);
    case 'numeric':
      return source.affinity === 'text' ? field : numberOf(field);
    case 'boolean':
      return field === 't' ? 1n : 0n;
    case 'bytea':
      return bytesOf(field, rule?.type === 'bytea' && source.affinity === 'text');
    case 'timestamp':
      return textForm === undefined ? field : timeText(field, textForm);
    case 'text':
    case 'date':
    case 'uuid':
    case 'json':
      return field;
  }
}

function numberOf(text: string): bigint | number {
  if (!/^-?\d+$/.test(text)) return Number(text);
  const integer = BigInt(text);
  return BigInt.asIntN(64, integer) === integer ? integer : Number(text);
}

/** @param isText the column took texts for their bytes */
function bytesOf(field: string, isText: boolean): Buffer | string {
  const bytes = Buffer.from(field.slice(2), 'hex');
  return isText && isUtf8(bytes) ? bytes.toString('utf8') : bytes;
}

/** What a form has no place for stays in the text, which then reads back as no time of that form. */
function timeText(field: string, form: TimeTextForm): string {
  const [, date, time, fraction = ''] =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?$/.exec(field) ?? [];
  if (date === undefined || time === undefined) return field;
  switch (form) {
    case 'YYYY-MM-DD':
      return time === '00:00:00' && fraction === '' ? date : field;
    case 'YYYY-MM-DD HH:MM:SS':
      return field;
    case 'YYYY-MM-DD HH:MM:SS.fff':
      return `${date} ${time}.${fraction.padEnd(3, '0')}`;
    case 'YYYY-MM-DDTHH:MM:SS[.ffffff]':
      return fraction === '' ? `${date}T${time}` : `${date}T${time}.${fraction.padEnd(6, '0')}`;
  }
}
