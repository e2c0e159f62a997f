import { isUtf8 } from 'node:buffer';
import type Database from 'better-sqlite3';
import { converterFor } from '../../schema/convert.js';
import type { ColumnPlan } from '../../schema/model.js';
import { doubleText } from '../../schema/values/number-text.js';
import type { Cell } from '../../snapshot/cell.js';
import { utf8Of } from '../../snapshot/text-encoding.js';
import { escapeCopyText, NULL_TEXT } from './copy-fields.js';
import type { PairedColumn, PairedTable } from './paired-table.js';

/** Begins a field whose value the target's type cannot hold; COPY never writes it. */
export const MISFIT = '\\?';

/**
 * SQL that has SQLite write columns of a row as a line of COPY text, without its newline. The
 * connection needs `registerLineFunctions` for the table first.
 *
 * @param escapes false leaves control characters in text as they are, which is quicker
 * @param from an alias of the table that the columns are of, with a point behind it
 */
export function lineSql(
  table: PairedTable,
  columns: readonly PairedColumn[],
  escapes: boolean,
  from = '',
): string {
  return joined(columns.map((column) => fieldSql(table, column, escapes, from)));
}

function fieldSql(
  table: PairedTable,
  { plan, index }: PairedColumn,
  escapes: boolean,
  from: string,
): string {
  const column = `${from}${sqliteIdent(plan.source.name)}`;
  if (plan.source.name === table.source.rowidAlias && plan.type === 'bigint') return column;
  if (converterFor(plan) !== null) return convertCallSql(table, index, column);
  const quick = escapes ? undefined : quickForm(plan, column);
  if (quick !== undefined) return quick;
  const inUtf8 = table.encoding === 'utf8';
  const other = misfit(inUtf8 ? column : `cardctl_utf8(${column})`, column);
  const value =
    plan.type === 'text' && !inUtf8
      ? `WHEN 'text' THEN cardctl_text(CAST(${column} AS BLOB))`
      : naturalForms(column)[plan.type];
  if (value === undefined) throw new Error(`no way to compare type ${plan.type}`);
  return `CASE typeof(${column}) ${value} WHEN 'null' THEN '${NULL_TEXT}' ELSE ${other} END`;
}

/** Fields, none of them NULL, with tabs between them: one call copies each text once, `||` each time. */
function joined(fields: readonly string[]): string {
  if (fields.length <= ARGUMENTS_MAX) return `concat_ws(char(9), ${fields.join(', ')})`;
  const groups: string[] = [];
  for (let i = 0; i < fields.length; i += ARGUMENTS_MAX) {
    groups.push(joined(fields.slice(i, i + ARGUMENTS_MAX)));
  }
  return joined(groups);
}

/** A function of SQLite takes 127 arguments unless it was built otherwise; one is the tab. */
const ARGUMENTS_MAX = 100;

/**
 * The text of a value that fits, without asking for its storage class, which costs a third more:
 * SQLite sorts numbers before texts and texts before blobs. A REAL among integers has a point or an
 * exponent in its text, so it cannot pass for one.
 */
function quickForm({ type, source }: ColumnPlan, column: string): string | undefined {
  const fits =
    type === 'bigint' ? `''` : type === 'text' && source.affinity === 'text' ? `x''` : null;
  if (fits === null) return undefined;
  return `CASE WHEN ${column} < ${fits} THEN ${column} WHEN ${column} IS NULL THEN '${NULL_TEXT}' ELSE '${MISFIT}' END`;
}

/** By type: the arms of a CASE over the storage class that give the target's text. */
function naturalForms(column: string): Partial<Record<ColumnPlan['type'], string>> {
  const text = CONTROLS.reduce(
    (sql, [code, letter]) => `replace(${sql}, char(${code}), '\\${letter}')`,
    `replace(${column}, '\\', '\\\\')`,
  );
  return {
    bigint: `WHEN 'integer' THEN ${column}`,
    'double precision': `WHEN 'real' THEN cardctl_double(${column}) WHEN 'integer' THEN cardctl_double(${column})`,
    text: `WHEN 'text' THEN ${text}`,
    bytea: `WHEN 'blob' THEN '\\\\x' || lower(hex(${column}))`,
    boolean: `WHEN 'integer' THEN CASE ${column} WHEN 0 THEN 'f' WHEN 1 THEN 't' ELSE ${misfit(column)} END`,
  };
}

const CONTROLS = [
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [11, 'v'],
  [12, 'f'],
  [13, 'r'],
] as const;

/** Quotes an identifier for SQLite. */
export function sqliteIdent(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function misfit(value: string, column = value): string {
  return `'${MISFIT}' || typeof(${column}) || ':' || hex(${value})`;
}

/** The text of a value that has a converter, by a function of ours. */
export function convertCallSql(table: PairedTable, index: number, column: string): string {
  const value = `CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) ELSE ${column} END`;
  return `cardctl_convert_${table.number}_${index}(typeof(${column}), ${value})`;
}

/** Makes the functions that a table's lines call known to a connection. */
export function registerLineFunctions(db: Database.Database, table: PairedTable): void {
  const pure = { deterministic: true, safeIntegers: true } as const;
  db.function('cardctl_double', pure, (value: unknown) => doubleText(Number(value)));
  db.function('cardctl_text', pure, (value: unknown) => {
    const text = utf8From(value as Buffer, table.encoding);
    const isText = isUtf8(text) && !text.includes(0);
    return isText ? escapeCopyText(text.toString('utf8')) : `${MISFIT}text:${text.toString('hex')}`;
  });
  db.function('cardctl_utf8', pure, (value: unknown) =>
    typeof value === 'string' ? Buffer.from(value, 'utf8') : value,
  );
  for (const { plan, index } of table.columns) {
    const convert = converterFor(plan);
    if (convert === null) continue;
    db.function(
      `cardctl_convert_${table.number}_${index}`,
      pure,
      (kind: unknown, value: unknown) => {
        const cell = cellOf(kind as Cell['kind'], value, table.encoding);
        const text = convert(cell);
        if (text === null) return NULL_TEXT;
        return text === undefined ? `${MISFIT}${kind}:${hexOf(cell)}` : escapeCopyText(text);
      },
    );
  }
}

function cellOf(kind: Cell['kind'], value: unknown, encoding: PairedTable['encoding']): Cell {
  switch (kind) {
    case 'null':
      return { kind };
    case 'integer':
      return { kind, value: value as bigint };
    case 'real':
      return { kind, value: value as number };
    case 'text':
      return { kind, bytes: utf8From(value as Buffer, encoding) };
    case 'blob':
      return { kind, bytes: value as Buffer };
  }
}

/** Decoded by Node's own decoder; what is no text to it keeps the bytes that UTF-8 forbids. */
function utf8From(stored: Buffer, encoding: PairedTable['encoding']): Buffer {
  if (encoding === 'utf8') return stored;
  try {
    const decoder = new TextDecoder(ENCODINGS[encoding], { fatal: true, ignoreBOM: true });
    return Buffer.from(decoder.decode(stored), 'utf8');
  } catch {
    return utf8Of(stored, encoding);
  }
}

const ENCODINGS = { utf16le: 'utf-16le', utf16be: 'utf-16be' } as const;

/** As SQLite's `hex()` has it: of the text form, for numbers. */
function hexOf(cell: Cell): string {
  if (cell.kind === 'null') return '';
  const bytes = 'bytes' in cell ? cell.bytes : Buffer.from(String(cell.value), 'utf8');
  return bytes.toString('hex').toUpperCase();
}
