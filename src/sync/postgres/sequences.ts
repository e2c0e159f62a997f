import type { Client } from 'pg';
import { quoteIdent } from '../../schema/identifiers.js';
import type { FollowedTable } from '../followed-table.js';
import type { NextIds } from '../side.js';
import type { Row } from './connection.js';
import { tableSql } from './key-sql.js';

/** A column whose numbers a sequence gives out. */
interface Numbered {
  followed: FollowedTable;
  /** Quoted. */
  column: string;
  /** Quoted, with its schema. */
  sequence: string;
}

/**
 * By the source's table name, a number above every id that was ever issued here: by the sequence,
 * or by whoever chose one.
 */
export async function readNextIds(
  client: Client,
  tables: readonly FollowedTable[],
): Promise<NextIds> {
  const ids = new Map<string, bigint>();
  for (const numbered of await numberedColumns(client, tables)) {
    const { rows } = await client.query<Row>(`SELECT ${nextSql(numbered)} AS next`);
    ids.set(numbered.followed.table.source.name, BigInt(rows[0]?.next ?? 1));
  }
  return ids;
}

/** Sequences give out nothing below `nextIds`, nor what is in a table; none is ever set back. */
export async function advanceSequences(
  client: Client,
  tables: readonly FollowedTable[],
  nextIds: NextIds,
): Promise<void> {
  const numbered = await numberedColumns(client, tables);
  const settings = numbered.map((each) => {
    const wanted = nextIds.get(each.followed.table.source.name) ?? 1n;
    // Beyond the last number there is none: the next insert is refused, as in SQLite.
    return `(SELECT setval('${each.sequence.replaceAll("'", "''")}', least(next, ${MAX})::bigint, next > ${MAX})
               FROM (SELECT greatest(${nextSql(each)}, ${wanted}) AS next) AS found)`;
  });
  if (settings.length > 0) await client.query(`SELECT ${settings.join(', ')}`);
}

const MAX = '9223372036854775807::numeric';

async function numberedColumns(
  client: Client,
  tables: readonly FollowedTable[],
): Promise<Numbered[]> {
  const { rows } = await client.query<{ place: string; attname: string; sequence: string }>(
    `SELECT w.place, a.attname, CAST(d.objid AS regclass) AS sequence
       FROM unnest(CAST($1 AS regclass[])) WITH ORDINALITY AS w (relation, place)
       JOIN pg_depend d ON d.refobjid = w.relation AND d.refclassid = CAST('pg_class' AS regclass)
        AND d.classid = CAST('pg_class' AS regclass) AND d.deptype IN ('a', 'i')
       JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
       JOIN pg_attribute a ON a.attrelid = w.relation AND a.attnum = d.refobjsubid
      ORDER BY w.place`,
    [tables.map(tableSql)],
  );
  return rows.map(({ place, attname, sequence }) => {
    const followed = tables[Number(place) - 1] as FollowedTable;
    return { followed, column: quoteIdent(attname), sequence };
  });
}

/** As a numeric: it may be above the largest bigint. */
function nextSql({ followed, column, sequence }: Numbered): string {
  return `greatest(
    (SELECT last_value::numeric + CASE WHEN is_called THEN 1 ELSE 0 END FROM ${sequence}),
    (SELECT max(${column})::numeric + 1 FROM ${tableSql(followed)}))`;
}
