import { CardctlError } from '../../lib/errors.js';
import type { FollowedTable } from '../followed-table.js';
import type { TableChanges } from '../side.js';
import { isNullField, splitFields, unescapeField } from '../tables/copy-fields.js';
import type { PairedColumn } from '../tables/paired-table.js';

const NEWLINE = 0x0a;

/**
 * Compares what was written with what was read back, byte for byte, in any order of rows.
 *
 * @throws CardctlError `refused` by table, key and column, with both values
 */
export function mustBeEqual(changes: TableChanges, readBack: Buffer): void {
  if (changes.rows.equals(readBack)) return;
  const missing = new Set(linesOf(changes.rows));
  const others = linesOf(readBack).filter((line) => !missing.delete(line));
  if (missing.size === 0 && others.length === 0) return;
  const written = byKey(changes, missing);
  for (const [key, fields] of byKey(changes, others)) {
    compareRow(changes, written.get(key), fields);
    written.delete(key);
  }
  for (const fields of written.values()) throw differs(changes, fields, 'the row is not there');
}

/** Latin-1: a character a byte, whatever they mean. */
function linesOf(text: Buffer): string[] {
  const lines: string[] = [];
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = text.indexOf(NEWLINE, start);
    lines.push(text.toString('latin1', start, end));
  }
  return lines;
}

function byKey({ table }: TableChanges, lines: Iterable<string>): Map<string, Buffer[]> {
  return new Map(
    [...lines].map((line) => {
      const fields = splitFields(Buffer.from(line, 'latin1'));
      const key = table.key.map((column) => {
        const text = textOf(fieldOf(table, column, fields));
        return column.plan.type === 'double precision' ? String(Number(text)) : text;
      });
      return [JSON.stringify(key), fields];
    }),
  );
}

function fieldOf({ columns }: FollowedTable, key: PairedColumn, fields: Buffer[]): Buffer {
  return fields[columns.findIndex(({ index }) => index === key.index)] as Buffer;
}

function compareRow(changes: TableChanges, written: Buffer[] | undefined, read: Buffer[]): void {
  if (written === undefined) throw differs(changes, read, 'a row is there that should be gone');
  for (const [place, column] of changes.table.columns.entries()) {
    const [left, right] = [written[place] as Buffer, read[place] as Buffer];
    if (left.equals(right) || equalValues(column, left, right)) continue;
    const name = column.plan.targetName;
    const values = { written: textOf(left), read: textOf(right) };
    const what = `${name} was written as ${shown(left)} and reads ${shown(right)}`;
    throw differs(changes, read, what, { column: name, ...values });
  }
}

/** Different bytes, same value: a number that is written in another way. */
function equalValues({ plan }: PairedColumn, left: Buffer, right: Buffer): boolean {
  if (isNullField(left) || isNullField(right)) return false;
  const [one, other] = [textOf(left), textOf(right)];
  if (plan.type === 'double precision') return Object.is(Number(one), Number(other));
  return plan.type === 'numeric' && canonicalDecimal(one) === canonicalDecimal(other);
}

/** Digits and an exponent: without zeros at either end, and without a point. */
function canonicalDecimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([-+]?)(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return /\d/.test(text) ? '0' : text;
  const scale = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${sign === '-' ? '-' : ''}${significant}e${scale}`;
}

function textOf(field: Buffer): string {
  return unescapeField(field).toString('utf8');
}

function shown(field: Buffer): string {
  return isNullField(field) ? 'NULL' : `'${textOf(field)}'`;
}

function differs(
  { table }: TableChanges,
  fields: Buffer[],
  what: string,
  facts: Record<string, unknown> = {},
): CardctlError {
  const name = table.table.targetName;
  const key = table.key
    .map((column) => `${column.plan.targetName}=${textOf(fieldOf(table, column, fields))}`)
    .join(', ');
  return new CardctlError('refused', `${name}, ${key}: ${what}; nothing was applied`, {
    hint: 'Look for a trigger or a rule of the table that changes what is written to it. Then: cardctl verify',
    details: { table: name, key, ...facts },
  });
}
