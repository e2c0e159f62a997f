import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { sqliteText } from '../../schema/literals.js';
import { doubleText } from '../../schema/values/number-text.js';
import { isNullField, splitFields, unescapeField } from '../../sync/tables/copy-fields.js';
import type { PairedColumn, PairedTable } from '../../sync/tables/paired-table.js';
import { MISFIT } from '../../sync/tables/source-line.js';
import type { Difference, TableComparison } from '../context.js';
import type { ComparisonEvents } from './comparing-thread.js';
import type { RowsChunk, SourceRows } from './source-rows.js';
import { TargetLines } from './target-lines.js';

/**
 * Compares every value of a table: both sides give their rows as COPY text in key order; equal
 * bytes are equal values, and only where bytes differ are fields looked at one by one.
 *
 * @param escapes have every text escaped from the first row on
 */
export async function compareTable(
  table: PairedTable,
  source: SourceRows,
  target: Readable,
  escapes: boolean,
  events: Pick<ComparisonEvents, 'onRows' | 'onDifference'>,
): Promise<TableComparison> {
  source.escapesControls = escapes;
  return new Comparison(table, source, new TargetLines(target), events).run();
}

class Comparison {
  readonly #result: TableComparison;

  constructor(
    readonly table: PairedTable,
    readonly source: SourceRows,
    readonly target: TargetLines,
    readonly events: Pick<ComparisonEvents, 'onRows' | 'onDifference'>,
  ) {
    this.#result = { table: table.targetName, rows: 0, rejected: 0, differences: 0 };
  }

  async run(): Promise<TableComparison> {
    for (const chunk of this.source.chunks()) {
      if (!(await this.target.skip(chunk.text))) await this.#compareEscaped(chunk);
      this.#result.rows += chunk.rows;
      this.events.onRows(chunk.rows, chunk.text.length);
    }
    for (let line = await this.target.peek(); line !== null; line = await this.target.peek()) {
      this.#extra(splitFields(line));
      this.target.step(line);
    }
    return this.#result;
  }

  async #compareEscaped(chunk: RowsChunk): Promise<void> {
    const text = chunk.escaped();
    if (!chunk.isEscaped && (await this.target.skip(text))) this.source.escapesControls = true;
    else await this.#compareLines(text);
  }

  /** Merges the chunk's rows with the target's by key. */
  async #compareLines(text: Buffer): Promise<void> {
    for (let start = 0, end = 0; start < text.length; start = end + 1) {
      end = text.indexOf(0x0a, start);
      const fields = splitFields(text.subarray(start, end));
      if (this.#isRejected(fields)) this.#result.rejected++;
      else if (this.#hasKeyOfItsOwn(fields)) this.#missing(fields);
      else await this.#compareRow(fields);
    }
  }

  #isRejected(fields: Buffer[]): boolean {
    return this.table.columns.some(
      (column) => column.rejects && doesNotFit(column, fields[column.index] as Buffer),
    );
  }

  /** No row of the target can have this key, and it has no place in the order of those that can. */
  #hasKeyOfItsOwn(fields: Buffer[]): boolean {
    return this.table.key.some((column) => doesNotFit(column, fields[column.index] as Buffer));
  }

  async #compareRow(sourceFields: Buffer[]): Promise<void> {
    for (;;) {
      const line = await this.target.peek();
      if (line === null) return this.#missing(sourceFields);
      const targetFields = splitFields(line);
      const order = this.#compareKeys(sourceFields, targetFields);
      if (order < 0) return this.#missing(sourceFields);
      if (order === 0) {
        this.#compareFields(sourceFields, targetFields);
        this.target.step(line);
        return;
      }
      this.#extra(targetFields);
      this.target.step(line);
    }
  }

  #compareKeys(source: Buffer[], target: Buffer[]): number {
    for (const column of this.table.key) {
      const order = compareKeyFields(
        column,
        source[column.index] as Buffer,
        target[column.index] as Buffer,
      );
      if (order !== 0) return order;
    }
    return 0;
  }

  #compareFields(source: Buffer[], target: Buffer[]): void {
    for (const column of this.table.columns) {
      const left = source[column.index] as Buffer;
      const right = target[column.index] as Buffer;
      if (left.equals(right) || equalValues(column, left, right)) continue;
      this.#differ(target, {
        kind: 'different value',
        column: column.plan.source.name,
        source: literal(column, left),
        target: literal(column, right),
      });
    }
  }

  #missing(fields: Buffer[]): void {
    this.#differ(fields, { kind: 'missing in target' });
  }

  #extra(fields: Buffer[]): void {
    this.#differ(fields, { kind: 'extra in target' });
  }

  #differ(fields: Buffer[], difference: Omit<Difference, 'table' | 'key' | 'rowKey'>): void {
    const { targetName, rowKey } = this.table;
    this.#result.differences++;
    this.events.onDifference({
      table: targetName,
      key: this.#keyOf(fields),
      ...(rowKey !== undefined && { rowKey: rowKey.map((at) => textOf(fields[at] as Buffer)) }),
      ...difference,
    });
  }

  #keyOf(fields: Buffer[]): string {
    return this.table.key
      .map(
        (column) => `${column.plan.source.name}=${literal(column, fields[column.index] as Buffer)}`,
      )
      .join(', ');
  }
}

function textOf(field: Buffer): string {
  return unescapeField(field).toString('utf8');
}

function isMisfit(field: Buffer): boolean {
  return field.length > 2 && field[0] === 0x5c && field[1] === 0x3f;
}

/** A value that the target cannot hold: of another class, or text that is none to Postgres. */
function doesNotFit({ plan }: PairedColumn, field: Buffer): boolean {
  if (isMisfit(field)) return true;
  return plan.type === 'text' && (field.includes(0) || !isUtf8(field));
}

/** Different bytes, same value: a double that the two sides print in another way. */
function equalValues({ plan }: PairedColumn, left: Buffer, right: Buffer): boolean {
  if (isNullField(left) || isNullField(right) || isMisfit(left)) return false;
  if (plan.type !== 'double precision') return false;
  return Object.is(Number(left.toString('latin1')), Number(right.toString('latin1')));
}

function compareKeyFields({ plan }: PairedColumn, left: Buffer, right: Buffer): number {
  if (left.equals(right)) return 0;
  if (isNullField(left)) return -1;
  if (isNullField(right)) return 1;
  if (plan.type === 'bigint') {
    const difference = BigInt(left.toString('latin1')) - BigInt(right.toString('latin1'));
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  if (plan.type === 'double precision') {
    return Number(left.toString('latin1')) - Number(right.toString('latin1'));
  }
  return unescapeField(left).compare(unescapeField(right));
}

/** A field as a SQL literal, so that `1` and `'1'`, `''` and NULL do not look the same. */
function literal({ plan }: PairedColumn, field: Buffer): string {
  if (isNullField(field)) return 'NULL';
  if (isMisfit(field)) return misfitLiteral(field.toString('latin1').slice(MISFIT.length));
  const text = unescapeField(field).toString('utf8');
  switch (plan.type) {
    case 'bigint':
    case 'numeric':
      return text;
    case 'double precision':
      return doubleText(Number(text));
    case 'boolean':
      return text === 't' ? 'true' : 'false';
    case 'bytea':
      return `X'${text.slice(2)}'`;
    default:
      return sqliteText(unescapeField(field));
  }
}

function misfitLiteral(typeAndHex: string): string {
  const [kind = '', hex = ''] = typeAndHex.split(':');
  if (kind === 'blob') return `X'${hex}'`;
  const bytes = Buffer.from(hex, 'hex');
  return kind === 'text' ? sqliteText(bytes) : bytes.toString('latin1');
}
