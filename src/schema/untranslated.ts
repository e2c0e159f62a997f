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
