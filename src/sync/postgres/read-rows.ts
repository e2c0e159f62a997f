import type { Client, QueryArrayResult } from 'pg';
import { CopyOut } from '../../drivers/copy-out.js';
import type { FollowedTable } from '../followed-table.js';
import { escapeCopyText, NULL_TEXT } from '../tables/copy-fields.js';
import { selectSql } from './key-sql.js';

/** Rows of one table that are wanted. */
interface Wanted {
  table: FollowedTable;
  keys: readonly string[][];
}

/** Rows as COPY text, in no order. */
export interface RowsText {
  rows: Buffer;
  rowCount: number;
}

/** So many keys are read in one message for all tables; beyond, COPY is quicker. */
const FEW = 200;

/** Whether so few keys are named that the way to the server and back costs more than the rows. */
export function areFew(wanted: readonly Wanted[]): boolean {
  return wanted.reduce((sum, { keys }) => sum + keys.length, 0) <= FEW;
}

/** Reads the rows that keys name, of each table. */
export async function readRows(client: Client, wanted: readonly Wanted[]): Promise<RowsText[]> {
  if (areFew(wanted)) return textsOf(await queryAll(client, selectsSql(wanted)));
  const texts: RowsText[] = [];
  for (const { table, keys } of wanted) texts.push(await copyRows(client, table, keys));
  return texts;
}

/** A statement a table. */
export function selectsSql(wanted: readonly Wanted[]): string[] {
  return wanted.map(({ table, keys }) => selectSql(table, keys));
}

type Rows = QueryArrayResult<(string | null)[]>;

/** Sends all statements at once. */
export async function queryAll(client: Client, statements: readonly string[]): Promise<Rows[]> {
  if (statements.length === 0) return [];
  const result: Rows | Rows[] = await client.query({
    text: statements.join(';\n'),
    rowMode: 'array',
  });
  return Array.isArray(result) ? result : [result];
}

/** Writes rows as COPY does. */
export function textsOf(results: readonly Rows[]): RowsText[] {
  return results.map(({ rows }) => {
    const lines = rows.map((row) => `${row.map(fieldOf).join('\t')}\n`);
    return { rows: Buffer.from(lines.join(''), 'utf8'), rowCount: rows.length };
  });
}

function fieldOf(value: string | null): string {
  return value === null ? NULL_TEXT : escapeCopyText(value);
}

async function copyRows(
  client: Client,
  table: FollowedTable,
  keys: readonly string[][],
): Promise<RowsText> {
  const copy = client.query(
    new CopyOut(`COPY (${selectSql(table, keys)}) TO STDOUT (NULL '${NULL_TEXT}')`),
  );
  const chunks: Buffer[] = [];
  for await (const chunk of copy) chunks.push(chunk as Buffer);
  return { rows: Buffer.concat(chunks), rowCount: await copy.rowCount };
}
