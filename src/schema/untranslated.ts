import type { SourceColumn, SourceExtra, SourceSchema, Untranslated } from './model.js';

/** What of a source does not move because of what it is, and collations that do not. */
export function untranslatedOf(schema: SourceSchema): Untranslated[] {
  return [
    ...schema.extras.map(({ kind, name, sql }) => ({
      table: '',
      what: kind,
      name,
      sql: sql ?? '',
      reason: REASONS[kind],
    })),
    ...schema.tables.flatMap((table) =>
      table.columns.flatMap((column): Untranslated[] => {
        const reason = collationReason(column);
        if (reason === null) return [];
        const sql = `COLLATE ${column.collation}`;
        return [{ table: table.name, what: 'collation', name: column.name, sql, reason }];
      }),
    ),
  ];
}

/** `check age_check of players: it calls a function that …`, and the first rows that are why. */
export function untranslatedText({ table, what, name, reason, count, keys }: Untranslated): string {
  const where = table === '' ? '' : ` of ${table}`;
  const text = `${what} ${name}${where}: ${reason}`;
  if (keys === undefined || keys.length === 0) return text;
  const more = (count ?? 0) > keys.length ? '; …' : '';
  return `${text} (${count} rows: ${keys.join('; ')}${more})`;
}

const REASONS: Record<SourceExtra['kind'], string> = {
  view: 'views are not moved: write it again in the target if the application reads it',
  trigger: 'triggers are not moved: what it does must be done again in the target',
  'virtual table': 'its rows belong to a SQLite module that Postgres does not have',
  'shadow table': 'it is the storage of a virtual table, which is not moved',
};

function collationReason({ collation }: SourceColumn): string | null {
  if (collation === 'BINARY') return null;
  if (collation === 'NOCASE') {
    return 'comparisons in the target tell upper from lower case; indexes on it still ignore case';
  }
  if (collation === 'RTRIM') {
    return 'comparisons in the target see spaces at the end; indexes on it still ignore them';
  }
  return "the collation is the application's own; the target compares bytes";
}
