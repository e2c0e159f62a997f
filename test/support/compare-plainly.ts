import Database from 'better-sqlite3';
import type pg from 'pg';
import type { Rules } from '../../fixtures/hard-cases/hard-case.js';

/** A table and what it is called on either side; columns that the target leaves out are left out. */
export interface TablePair {
  source: string;
  target: string;
  columns: { source: string; target: string }[];
}

export interface PlainComparison {
  /** Rows that only one side has, in words; empty when both hold the same. */
  differences: string[];
  /** Rows of the source, by table, that hold a value which the target's type cannot. */
  misfits: Record<string, number>;
}

/**
 * Compares every value of two databases through the plain drivers and by rules of its own. Shares
 * nothing with `cardctl verify` or with the reader that the copy uses, so that a mistake which both
 * make is seen here. Rows are compared as multisets: no order, no key.
 *
 * @param client gives every value as the server's own text
 */
export async function comparePlainly(
  sourcePath: string,
  client: pg.Client,
  tables: readonly TablePair[],
  rules: Rules = {},
): Promise<PlainComparison> {
  const db = new Database(sourcePath, { readonly: true });
  db.defaultSafeIntegers(true);
  const comparison: PlainComparison = { differences: [], misfits: {} };
  try {
    for (const table of tables) await compareTable(db, client, table, rules, comparison);
    return comparison;
  } finally {
    db.close();
  }
}

async function compareTable(
  db: Database.Database,
  client: pg.Client,
  table: TablePair,
  rules: Rules,
  { differences, misfits }: PlainComparison,
): Promise<void> {
  const types = await typesOf(client, table);
  const counts = new Map<string, number>();
  const add = (row: string, by: number) => counts.set(row, (counts.get(row) ?? 0) + by);
  for (const values of sourceRows(db, table)) {
    const texts = values.map((value, i) => {
      const name = table.columns[i]?.source ?? '';
      return expectedText(value, types[i] ?? '', ruleFor(rules, table.source, name));
    });
    if (texts.includes(undefined)) misfits[table.source] = (misfits[table.source] ?? 0) + 1;
    else add(JSON.stringify(texts), 1);
  }
  for (const values of await targetRows(client, table)) {
    const texts = values.map((text, i) => (text === null ? null : plain(text, types[i] ?? '')));
    add(JSON.stringify(texts), -1);
  }
  for (const [row, count] of counts) {
    if (count === 0) continue;
    const side = count > 0 ? 'source' : 'target';
    differences.push(`${table.source}: only in the ${side}: ${row.slice(0, 300)}`);
  }
}

type SourceValue = bigint | number | string | Buffer | null | NotText;

/** Text that has no UTF-8 form: its stored bytes are all there is. */
class NotText {
  constructor(readonly bytes: Buffer) {}
}

function sourceRows(db: Database.Database, table: TablePair): SourceValue[][] {
  const encoding = String(db.pragma('encoding', { simple: true })).toLowerCase();
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  const fields = table.columns.flatMap(({ source }) => {
    const name = `"${source.replaceAll('"', '""')}"`;
    return [
      `typeof(${name})`,
      `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) ELSE ${name} END`,
    ];
  });
  const sql = `SELECT ${fields.join(', ')} FROM "${table.source.replaceAll('"', '""')}"`;
  const rows = db.prepare<[], (bigint | number | string | Buffer | null)[]>(sql).raw().all();
  return rows.map((row) =>
    table.columns.map((_, i) => {
      const value = row[2 * i + 1] ?? null;
      return row[2 * i] === 'text' ? decoded(decoder, value as Buffer) : value;
    }),
  );
}

function decoded(decoder: InstanceType<typeof TextDecoder>, bytes: Buffer): string | NotText {
  try {
    return decoder.decode(bytes);
  } catch {
    return new NotText(bytes);
  }
}

async function targetRows(client: pg.Client, table: TablePair): Promise<(string | null)[][]> {
  const names = table.columns.map(({ target }) => client.escapeIdentifier(target)).join(', ');
  const text = `SELECT ${names} FROM public.${client.escapeIdentifier(table.target)}`;
  const { rows } = await client.query<(string | null)[]>({ text, rowMode: 'array' });
  return rows;
}

async function typesOf(client: pg.Client, table: TablePair): Promise<string[]> {
  const { rows } = await client.query<{ name: string; type: string }>(
    `SELECT column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = $1`,
    [table.target],
  );
  const types = new Map(rows.map(({ name, type }) => [name, type]));
  return table.columns.map(({ target }) => types.get(target) ?? `no column ${target}`);
}

interface ColumnRules {
  typed: boolean;
  onBad: NonNullable<Rules['onBadValue']>[string];
}

function ruleFor(
  { types = {}, onBadValue = {} }: Rules,
  table: string,
  column: string,
): ColumnRules {
  const name = `${table}.${column}`;
  return { typed: name in types, onBad: onBadValue[name] };
}

/** What the target must show, in the form that `plain` gives; undefined when it cannot. */
function expectedText(
  value: SourceValue,
  type: string,
  rule: ColumnRules,
): string | null | undefined {
  if (value === null) return null;
  const text = FITTING[type]?.(value, rule);
  if (text !== undefined) return text;
  const { onBad } = rule;
  if (onBad === 'null') return null;
  if (typeof onBad !== 'object') return undefined;
  const word = onBad[String(value)];
  if (word === undefined || word === null) return word;
  if (type === 'boolean') return word === 'true' || word === '1' ? 't' : 'f';
  return plain(word, type);
}

const FITTING: Record<string, (value: SourceValue, rule: ColumnRules) => string | undefined> = {
  bigint: (value) => (typeof value === 'bigint' ? `${value}` : undefined),
  'double precision': (value) => {
    if (typeof value === 'number') return double(value);
    const isExact = typeof value === 'bigint' && BigInt(Number(value)) === value;
    return isExact ? double(Number(value)) : undefined;
  },
  numeric: (value) => {
    if (typeof value === 'bigint') return `${value}`;
    return typeof value === 'number' ? digits(value) : undefined;
  },
  boolean: (value) => (value === 0n ? 'f' : value === 1n ? 't' : undefined),
  text: (value, { typed, onBad }) => {
    if (typeof value === 'string') {
      const text = onBad === 'strip-nul' ? value.replaceAll('\0', '') : value;
      return text.includes('\0') ? undefined : text;
    }
    if (!typed || typeof value === 'object') return undefined;
    if (typeof value === 'bigint') return `${value}`;
    return Number.isInteger(value) ? `${value}.0` : `${value}`;
  },
  bytea: (value, { typed }) => {
    if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
    if (!typed) return undefined;
    if (value instanceof NotText) return `\\x${value.bytes.toString('hex')}`;
    return typeof value === 'string' ? `\\x${Buffer.from(value).toString('hex')}` : undefined;
  },
  date: (value) => (typeof value === 'string' && value.length === 10 ? value : undefined),
  'timestamp without time zone': (value) => {
    const [, day, time, fraction = ''] =
      /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?$/.exec(String(value)) ?? [];
    return day === undefined ? undefined : `${day} ${time}${fraction.replace(/\.?0+$/, '')}`;
  },
};

/** The server's text, but for numbers, which have more than one. */
function plain(text: string, type: string): string {
  if (type === 'double precision') return double(Number(text));
  return text;
}

/** The shortest digits of a number, without an exponent. */
function digits(value: number): string {
  const [, sign = '', first = '', rest = '', exponent = ''] =
    /^(-?)(\d)\.?(\d*)e(.+)$/.exec(value.toExponential()) ?? [];
  const places = Number(exponent);
  if (places < 0) return `${sign}0.${'0'.repeat(-places - 1)}${first}${rest}`;
  const whole = first + rest.slice(0, places).padEnd(places, '0');
  const fraction = rest.slice(places);
  return sign + whole + (fraction === '' ? '' : `.${fraction}`);
}

function double(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
