import pg from 'pg';
import { expect } from 'vitest';
import type { Key, Listed, Probe } from '../../../fixtures/hard-cases/hard-case.js';
import { atEnd } from '../../support/cleanup.js';
import type { TablePair } from '../../support/compare-plainly.js';

/** A connection that gives every value as the server's own text. */
export async function openPlain(connectionString: string): Promise<pg.Client> {
  const types = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig;
  const client = new pg.Client({ connectionString, types });
  await client.connect();
  atEnd(() => client.end());
  return client;
}

/** Everything that somebody has made in the database. */
export async function relationsOf(client: pg.Client): Promise<string[]> {
  return column(
    client,
    `SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     UNION ALL SELECT nspname FROM pg_namespace
     WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema')`,
  );
}

export async function columnTypes(
  client: pg.Client,
  table: string,
): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
    [`public.${client.escapeIdentifier(table)}`],
  );
  const short = (type: string) => type.replace(' without time zone', '');
  return Object.fromEntries(rows.map(({ name, type }) => [name, short(type)]));
}

export async function rowCount(client: pg.Client, table: string): Promise<number> {
  const [count] = await column(
    client,
    `SELECT count(*) FROM public.${client.escapeIdentifier(table)}`,
  );
  return Number(count);
}

/** The primary key's columns in key order. */
export async function primaryKeys(client: pg.Client, table: string): Promise<string[]> {
  return column(
    client,
    `SELECT a.attname FROM pg_constraint c, unnest(c.conkey) WITH ORDINALITY k (attnum, place)
     JOIN pg_attribute a ON true
     WHERE c.contype = 'p' AND c.conrelid = to_regclass($1)
       AND a.attrelid = c.conrelid AND a.attnum = k.attnum ORDER BY k.place`,
    [`public.${client.escapeIdentifier(table)}`],
  );
}

/** The rows that have this key, which should be one. Names are those of the source. */
export async function valuesOf(
  client: pg.Client,
  pair: TablePair,
  key: Key,
  columns: readonly string[],
): Promise<Record<string, string | null>[]> {
  const name = (source: string) => {
    const target = pair.columns.find((each) => each.source === source)?.target;
    return client.escapeIdentifier(target ?? source);
  };
  const where = Object.keys(key).map((each, i) => `${name(each)}::text = $${i + 1}`);
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT ${columns.map(name).join(', ')} FROM public.${client.escapeIdentifier(pair.target)}
      WHERE ${where.join(' AND ')}`,
    values: Object.values(key),
    rowMode: 'array',
  });
  return rows.map((row) => Object.fromEntries(columns.map((each, i) => [each, row[i] ?? null])));
}

/** Runs a probe in a transaction that is rolled back. */
export async function runProbe(
  client: pg.Client,
  probe: Probe,
  isListed: (listed: Listed) => boolean,
): Promise<void> {
  await client.query('BEGIN');
  try {
    const outcome = await client
      .query<(string | null)[]>({ text: probe.sql, rowMode: 'array' })
      .then(
        (result) => ({ rows: result.rows }),
        (error: { code?: string; message: string }) => ({
          refused: error.code,
          error: error.message,
        }),
      );
    if ('rows' in probe) expect(outcome, probe.sql).toEqual({ rows: probe.rows });
    else if ('accepted' in probe) expect(outcome, probe.sql).not.toHaveProperty('refused');
    else if (probe.unlessListed === undefined || !isListed(probe.unlessListed)) {
      expect(outcome, probe.sql).toMatchObject({ refused: probe.refused });
    }
  } finally {
    await client.query('ROLLBACK');
  }
}

async function column(client: pg.Client, text: string, values: string[] = []): Promise<string[]> {
  const { rows } = await client.query<[string]>({ text, values, rowMode: 'array' });
  return rows.map(([value]) => value);
}
