import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openWritable, type WritableFile } from '../../../src/drivers/sqlite-writable.js';
import type {
  ColumnPlan,
  SourceColumn,
  SourceSchema,
  TargetType,
} from '../../../src/schema/model.js';
import { readSchema } from '../../../src/schema/read.js';
import { type CapturedTable, capturedTables } from '../../../src/sync/captured-table.js';
import { type FollowedTable, followedTable } from '../../../src/sync/followed-table.js';
import { ORIGIN, type Position } from '../../../src/sync/position.js';
import type { Side } from '../../../src/sync/side.js';
import { installCapture } from '../../../src/sync/sqlite/install.js';
import { sqliteSide } from '../../../src/sync/sqlite/side.js';
import { NULL_TEXT } from '../../../src/sync/tables/copy-fields.js';
import { pairedTable } from '../../../src/sync/tables/paired-table.js';
import { atEnd } from '../../support/cleanup.js';
import { tempDir } from '../../support/temp-dir.js';

/** A SQLite file whose changes are captured, a connection of the bot's, and the side over it. */
export interface CapturedFile {
  path: string;
  /** As the bot has it: opened before the capture was installed, foreign keys not enforced. */
  bot: Database.Database;
  file: WritableFile;
  captured: CapturedTable[];
  tables: FollowedTable[];
  side: Side;
}

/** @param types of columns, by `table.column`; else what is natural to their affinity */
export async function capturedFile(
  sql: string,
  types: Readonly<Record<string, Partial<ColumnPlan>>> = {},
): Promise<CapturedFile> {
  const path = await databaseFile(sql);
  const bot = open(path);
  const file = openFile(path);
  const schema = readSchema(file.writer);
  const captured = capturedTables(schema.tables).captured;
  await installCapture(file, captured);
  const tables = captured.map((each) => followed(each, schema.encoding, types));
  return { path, bot, file, captured, tables, side: openSide(file, tables) };
}

export async function databaseFile(sql: string): Promise<string> {
  const path = join(await tempDir(), 'game.db');
  const db = new Database(path);
  db.pragma('foreign_keys = OFF');
  db.exec(sql);
  db.close();
  return path;
}

/** A plain connection, closed when the test ends. */
export function open(path: string): Database.Database {
  const db = new Database(path);
  db.pragma('foreign_keys = OFF');
  atEnd(() => void db.close());
  return db;
}

export function openFile(path: string, busyTimeoutMs = 2_000): WritableFile {
  const file = openWritable(path, { busyTimeoutMs });
  atEnd(() => file.close());
  return file;
}

export function openSide(file: WritableFile, tables: FollowedTable[]): Side {
  const side = sqliteSide({ file, tables });
  atEnd(() => side.close());
  return side;
}

export function followed(
  captured: CapturedTable,
  encoding: SourceSchema['encoding'] = 'utf8',
  types: Readonly<Record<string, Partial<ColumnPlan>>> = {},
): FollowedTable {
  const { source, number } = captured;
  const plans = source.columns.map((column): ColumnPlan => {
    const plan = { source: column, targetName: column.name, why: '', rule: null };
    return { ...plan, type: naturalType(column), ...types[`${source.name}.${column.name}`] };
  });
  const paired = pairedTable(number, source, source.name, plans, encoding, false, false);
  const table = followedTable(captured, paired);
  if ('reason' in table) throw new Error(`${table.table}: ${table.reason}`);
  return table;
}

function naturalType({ affinity }: SourceColumn): TargetType {
  const types = { integer: 'bigint', real: 'double precision', blob: 'bytea' } as const;
  return affinity === 'text' || affinity === 'numeric' ? 'text' : types[affinity];
}

/** What a side says has changed, in words: by table, keys and rows in order. */
export async function changesOf(
  side: Side,
  behind: Position = ORIGIN,
  epoch = 0,
): Promise<Record<string, { keys: string[]; rows: string[] }>> {
  const changes = await side.readChanges(behind, epoch);
  const said = (changes?.tables ?? []).map(({ table, keys, rows, rowCount }) => {
    const lines = rows.toString('utf8').replaceAll(NULL_TEXT, 'NULL').split('\n');
    if (lines.pop() !== '' || lines.length !== rowCount) throw new Error('not so many rows');
    const words = { keys: keys.map((key) => key.join('|')).sort(), rows: lines.sort() };
    return [table.table.source.name, words] as const;
  });
  return Object.fromEntries(said);
}

/** The whole schema, as SQLite keeps it. */
export function schemaOf(db: Database.Database): unknown[] {
  return db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema').all();
}
