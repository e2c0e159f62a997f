import { isUtf8 } from 'node:buffer';
import type Database from 'better-sqlite3';
import { converterFor } from '../../schema/convert.js';
import type { ColumnPlan } from '../../schema/model.js';
import { doubleText } from '../../schema/values/number-text.js';
import type { Cell } from '../../snapshot/cell.js';
import { utf8Of } from '../../snapshot/text-encoding.js';
import type { ComparedColumn, ComparedTable } from './compared-table.js';
import { escapeCopyText, NULL_TEXT } from './copy-fields.js';

/** Rows asked of SQLite at a time: enough to be cheap a row, few enough to compare in cache. */
const ROWS_PER_CHUNK = 1_000;

/** Rows asked for before it is known how large they are. */
const ROWS_AT_FIRST = 64;

/** Text of a chunk that is large enough, and that is too large for the next one, bytes. */
const CHUNK_BYTES = 256 * 1_024;

const BACKSLASH = 0x5c;

/** Begins a field whose value the target's type cannot hold; COPY never writes it. */
export const MISFIT = '\\?';

/** Some rows in key order, as COPY text, each ended by a newline. */
export interface RowsChunk {
  text: Buffer;
  rows: number;
  /** Text is exactly what the target writes; else control characters may stand in it as they are. */
  isEscaped: boolean;
  /** The same rows, escaped: read anew. */
  escaped(): Buffer;
}

/**
 * The rows of one table in key order, read by SQLite's own engine: deliberately not by the page
 * reader that the copy uses, so that neither can hide the other's mistake.
 */
export class SourceRows {
  /**
   * Text is escaped by SQL from the next chunk on. Escaping costs seven passes over each text, so
   * it is asked for once some text has turned out to need it.
   */
  escapesControls = false;
  readonly #db: Database.Database;
  readonly #table: ComparedTable;

  constructor(db: Database.Database, table: ComparedTable) {
    this.#db = db;
    this.#table = table;
    registerFunctions(db, table);
  }

  /** All rows, in chunks. */
  *chunks(): Generator<RowsChunk> {
    if (this.#table.pageable) yield* this.#pages();
    else yield* this.#sorted();
  }

  *#pages(): Generator<RowsChunk> {
    const plain = this.#pageQuery(false);
    const escaped = this.#pageQuery(true);
    const nextLast = this.#lastKeyQuery();
    let behind: unknown[] | undefined = [];
    let wanted = ROWS_AT_FIRST;
    while (behind !== undefined) {
      const from: unknown[] = behind;
      const limit = wanted;
      let count = 0;
      const read = (query: PageQuery) => {
        const row = query(from, limit);
        count = Number(row?.[1] ?? 0);
        return bytesOf(row?.[0] ?? '');
      };
      let isEscaped = this.escapesControls;
      let text = read(isEscaped ? escaped : plain);
      if (!isEscaped && text.includes(BACKSLASH)) {
        isEscaped = true;
        text = read(escaped);
      }
      if (count === 0) return;
      yield { text, rows: count, isEscaped, escaped: () => read(escaped) };
      behind = count < limit ? undefined : nextLast(from, limit - 1);
      wanted = rowsForNext(limit, text.length);
    }
  }

  #pageQuery(escapes: boolean): PageQuery {
    return this.#fromKey<[Buffer | string | null, bigint]>(
      (where, order, table) => `
        SELECT ${this.#asBytes('group_concat(line, char(10)) || char(10)')}, count(*) FROM (
          SELECT ${this.#line(escapes)} AS line FROM ${table} ${where} ${order} LIMIT ?)`,
    );
  }

  /** Key of the last row of the chunk that begins behind a key. */
  #lastKeyQuery(): (behind: unknown[], skipped: number) => unknown[] | undefined {
    return this.#fromKey<unknown[]>(
      (where, order, table, keys) =>
        `SELECT ${keys} FROM ${table} ${where} ${order} LIMIT 1 OFFSET ?`,
    );
  }

  /** Prepares a query from the first key on, and its twin from behind a key; both take a number. */
  #fromKey<Row extends unknown[]>(
    sql: (where: string, order: string, table: string, keys: string) => string,
  ): (behind: unknown[], rows: number) => Row | undefined {
    const names = this.#table.key.map((column) => sqliteIdent(column.plan.source.name));
    const keys = names.join(', ');
    const table = sqliteIdent(this.#table.source.name);
    const prepare = (where: string) =>
      this.#db.prepare<unknown[], Row>(sql(where, `ORDER BY ${keys}`, table, keys)).raw();
    const first = prepare('');
    const next = prepare(`WHERE (${keys}) > (${names.map(() => '?').join(', ')})`);
    return (behind, rows) => (behind.length === 0 ? first.get(rows) : next.get(...behind, rows));
  }

  *#sorted(): Generator<RowsChunk> {
    const order = this.#table.key.map((column) => this.#orderBy(column)).join(', ');
    const rows = this.#db
      .prepare<[], Buffer | string>(
        `SELECT ${this.#asBytes('line || char(10)')} FROM (
           SELECT ${this.#line(true)} AS line FROM ${sqliteIdent(this.#table.source.name)}
           ORDER BY ${order} LIMIT -1)`,
      )
      .pluck();
    let lines: Buffer[] = [];
    let bytes = 0;
    for (const line of rows.iterate()) {
      lines.push(bytesOf(line));
      bytes += line.length;
      if (lines.length < ROWS_PER_CHUNK && bytes < CHUNK_BYTES) continue;
      yield chunkOf(lines);
      lines = [];
      bytes = 0;
    }
    if (lines.length > 0) yield chunkOf(lines);
  }

  /** In a UTF-16 database a cast to BLOB would give UTF-16: take the text as a string there. */
  #asBytes(expression: string): string {
    return `CAST(${expression} AS ${this.#table.encoding === 'utf8' ? 'BLOB' : 'TEXT'})`;
  }

  #line(escapes: boolean): string {
    return joined(this.#table.columns.map((column) => this.#field(column, escapes)));
  }

  #field({ plan, index }: ComparedColumn, escapes: boolean): string {
    const column = sqliteIdent(plan.source.name);
    if (plan.source.name === this.#table.source.rowidAlias && plan.type === 'bigint') return column;
    if (converterFor(plan) !== null) return convertCall(this.#table, index, column);
    const quick = escapes ? undefined : quickForm(plan, column);
    if (quick !== undefined) return quick;
    const inUtf8 = this.#table.encoding === 'utf8';
    const other = misfit(inUtf8 ? column : `cardctl_utf8(${column})`, column);
    const value =
      plan.type === 'text' && !inUtf8
        ? `WHEN 'text' THEN cardctl_text(CAST(${column} AS BLOB))`
        : naturalForms(column)[plan.type];
    if (value === undefined) throw new Error(`no way to compare type ${plan.type}`);
    return `CASE typeof(${column}) ${value} WHEN 'null' THEN '${NULL_TEXT}' ELSE ${other} END`;
  }

  #orderBy({ plan, index }: ComparedColumn): string {
    const column = sqliteIdent(plan.source.name);
    if (converterFor(plan) !== null) {
      const value = convertCall(this.#table, index, column);
      return `nullif(${value}, '${NULL_TEXT}') COLLATE BINARY NULLS FIRST`;
    }
    if (plan.type === 'text' && this.#table.encoding !== 'utf8')
      return `cardctl_utf8(${column}) NULLS FIRST`;
    return `${column} COLLATE BINARY NULLS FIRST`;
  }
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

type PageQuery = (behind: unknown[], rows: number) => [Buffer | string | null, bigint] | undefined;

/** Rows of wide tables come a few at a time: memory does not grow with what a row holds. */
function rowsForNext(rows: number, bytes: number): number {
  if (bytes < CHUNK_BYTES) return Math.min(rows * 2, ROWS_PER_CHUNK);
  return bytes < 2 * CHUNK_BYTES ? rows : Math.max(1, Math.floor((rows * CHUNK_BYTES) / bytes));
}

function chunkOf(lines: Buffer[]): RowsChunk {
  const text = Buffer.concat(lines);
  return { text, rows: lines.length, isEscaped: true, escaped: () => Buffer.concat(lines) };
}

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

function convertCall(table: ComparedTable, index: number, column: string): string {
  const value = `CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) ELSE ${column} END`;
  return `cardctl_convert_${table.number}_${index}(typeof(${column}), ${value})`;
}

function registerFunctions(db: Database.Database, table: ComparedTable): void {
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

function cellOf(kind: Cell['kind'], value: unknown, encoding: ComparedTable['encoding']): Cell {
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
function utf8From(stored: Buffer, encoding: ComparedTable['encoding']): Buffer {
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

function bytesOf(text: Buffer | string): Buffer {
  return Buffer.isBuffer(text) ? text : Buffer.from(text, 'utf8');
}
