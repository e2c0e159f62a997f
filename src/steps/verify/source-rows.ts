import type Database from 'better-sqlite3';
import { converterFor } from '../../schema/convert.js';
import { NULL_TEXT } from '../../sync/tables/copy-fields.js';
import type { PairedColumn, PairedTable } from '../../sync/tables/paired-table.js';
import {
  convertCallSql,
  lineSql,
  registerLineFunctions,
  sqliteIdent,
} from '../../sync/tables/source-line.js';

/** Rows asked of SQLite at a time: enough to be cheap a row, few enough to compare in cache. */
const ROWS_PER_CHUNK = 1_000;

/** Rows asked for before it is known how large they are. */
const ROWS_AT_FIRST = 64;

/** Text of a chunk that is large enough, and that is too large for the next one, bytes. */
const CHUNK_BYTES = 256 * 1_024;

const BACKSLASH = 0x5c;

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
  readonly #table: PairedTable;

  constructor(db: Database.Database, table: PairedTable) {
    this.#db = db;
    this.#table = table;
    registerLineFunctions(db, table);
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
          SELECT ${lineSql(this.#table, this.#table.columns, escapes)} AS line FROM ${table} ${where} ${order} LIMIT ?)`,
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
           SELECT ${lineSql(this.#table, this.#table.columns, true)} AS line FROM ${sqliteIdent(this.#table.source.name)}
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

  #orderBy({ plan, index }: PairedColumn): string {
    const column = sqliteIdent(plan.source.name);
    if (converterFor(plan) !== null) {
      const value = convertCallSql(this.#table, index, column);
      return `nullif(${value}, '${NULL_TEXT}') COLLATE BINARY NULLS FIRST`;
    }
    if (plan.type === 'text' && this.#table.encoding !== 'utf8')
      return `cardctl_utf8(${column}) NULLS FIRST`;
    return `${column} COLLATE BINARY NULLS FIRST`;
  }
}

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

function bytesOf(text: Buffer | string): Buffer {
  return Buffer.isBuffer(text) ? text : Buffer.from(text, 'utf8');
}
