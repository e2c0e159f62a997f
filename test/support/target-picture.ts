import pg from 'pg';

/** All that can be seen of a target, by a client that knows nothing of cardctl. */
export interface TargetPicture {
  /** By table: how many rows, and a digest of all of them in order. */
  rows: Record<string, { count: string; digest: string }>;
  columns: string[];
  constraints: string[];
  indexes: string[];
  /** Storage parameters of tables: none, unless somebody set them. */
  settings: string[];
  /** What each sequence gives next. */
  next: string[];
}

/** Takes a picture of the public schema: two that are equal are of the same database. */
export async function pictureOf(url: string): Promise<TargetPicture> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const list = async (sql: string) => {
      const { rows } = await client.query<{ line: string }>(sql);
      return rows.map(({ line }) => line).sort();
    };
    const tables = await list(`
      SELECT relname AS line FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`);
    const sequences = await list(`
      SELECT relname AS line FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'`);
    return {
      rows: Object.fromEntries(
        await inTurn(tables, async (table) => [table, await digestOf(client, table)] as const),
      ),
      columns: await list(COLUMNS),
      constraints: await list(CONSTRAINTS),
      indexes: await list(`
        SELECT pg_get_indexdef(indexrelid) || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END AS line
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE relnamespace = 'public'::regnamespace`),
      settings: await list(`
        SELECT format('%s %s', relname, reloptions) AS line FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reloptions IS NOT NULL`),
      next: await inTurn(sequences, (sequence) => nextOf(client, sequence)),
    };
  } finally {
    await client.end();
  }
}

const COLUMNS = `
  SELECT format('%s.%s %s %s not null %s default %s identity %s generated %s', relname, attnum,
                attname, format_type(atttypid, atttypmod), attnotnull,
                pg_get_expr(adbin, adrelid), attidentity, attgenerated) AS line
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND attnum > 0`;

const CONSTRAINTS = `
  SELECT format('%s %s %s validated %s', conrelid::regclass, conname, pg_get_constraintdef(oid),
                convalidated) AS line
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace`;

async function digestOf(client: pg.Client, table: string) {
  const { rows } = await client.query<{ count: string; digest: string }>(`
    SELECT count(*)::text AS count,
           md5(coalesce(string_agg(row, E'\n' ORDER BY row COLLATE "C"), '')) AS digest
    FROM (SELECT it::text AS row FROM public.${client.escapeIdentifier(table)} it) every`);
  return rows[0] ?? { count: '', digest: '' };
}

async function nextOf(client: pg.Client, sequence: string): Promise<string> {
  const { rows } = await client.query<{ last: string; called: boolean }>(
    `SELECT last_value::text AS last, is_called AS called FROM public.${client.escapeIdentifier(sequence)}`,
  );
  return `${sequence} ${rows[0]?.last} ${rows[0]?.called ? 'used' : 'not used'}`;
}

async function inTurn<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
