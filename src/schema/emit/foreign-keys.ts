import { quoteIdent } from '../identifiers.js';
import type { ColumnPlan, SourceForeignKey, TablePlan, Untranslated } from '../model.js';
import { sameName } from '../names.js';
import { columnOf, isInTarget } from '../planned-columns.js';
import { shownColumns, shownKey } from './shown-key.js';
import type { EmitContext, ForeignKeyDdl, UniqueColumns } from './target-ddl.js';

/** @param keys what is unique in the target, of all tables */
export function emitForeignKeys(
  table: TablePlan,
  context: EmitContext,
  keys: readonly UniqueColumns[],
): { foreignKeys: ForeignKeyDdl[]; untranslated: Untranslated[] } {
  const foreignKeys: ForeignKeyDdl[] = [];
  const untranslated: Untranslated[] = [];
  table.source.foreignKeys.forEach((key, number) => {
    const name = context.names.foreignKey(table.source.name, number);
    const link = linkOf(key, table, context, keys);
    if ('reason' in link) {
      const sql = `FOREIGN KEY (${key.columns.join(', ')}) REFERENCES ${key.parentTable} (${key.parentColumns.join(', ')})`;
      const { reason } = link;
      untranslated.push({ table: table.source.name, what: 'foreign key', name, sql, reason });
      return;
    }
    foreignKeys.push(ddlOf(key, name, table, link, context));
  });
  return { foreignKeys, untranslated };
}

interface Link {
  parent: TablePlan;
  pairs: { child: ColumnPlan; parent: ColumnPlan }[];
}

function linkOf(
  key: SourceForeignKey,
  table: TablePlan,
  context: EmitContext,
  keys: readonly UniqueColumns[],
): Link | { reason: string } {
  const parent = context.tables.find((each) => sameName(each.source.name, key.parentTable));
  if (parent === undefined) return { reason: `there is no table ${key.parentTable}` };
  if (key.parentColumns.length !== key.columns.length) {
    return { reason: `${key.parentTable} has no primary key of ${key.columns.length} columns` };
  }
  const pairs: Link['pairs'] = [];
  for (const [i, name] of key.columns.entries()) {
    const parentName = key.parentColumns[i] ?? '';
    const pair = { child: columnOf(name, table), parent: columnOf(parentName, parent) };
    if (pair.child === undefined || pair.parent === undefined) {
      return { reason: `${key.parentTable} has no column ${parentName}` };
    }
    pairs.push({ child: pair.child, parent: pair.parent });
  }
  const reason = pairs.map(reasonAgainst).find((each) => each !== null);
  if (reason !== undefined) return { reason };
  const wanted = pairs.map((pair) => pair.parent.targetName).sort();
  const isUnique = keys.some(
    ({ table: of, columns }) =>
      of === parent.targetName && [...columns].sort().join('\0') === wanted.join('\0'),
  );
  if (isUnique) return { parent, pairs };
  const columns = key.parentColumns.join(', ');
  return { reason: `nothing keeps ${key.parentTable} (${columns}) unique in the target` };
}

function reasonAgainst({ child, parent }: Link['pairs'][number]): string | null {
  const missing = [child, parent].find((column) => !isInTarget(column));
  if (missing !== undefined) {
    return `the generated column ${missing.source.name} has no certain translation`;
  }
  if (child.source.generated !== null) {
    return `${child.source.name} is generated, and Postgres limits what its foreign keys may do`;
  }
  if (child.type !== parent.type) {
    return `${child.source.name} is ${child.type}, but ${parent.source.name} of the parent is ${parent.type}`;
  }
  if (parent.type === 'text' && parent.source.collation !== 'BINARY') {
    return `${parent.source.name} of the parent is compared by ${parent.source.collation}, in the target by its bytes`;
  }
  return null;
}

/** Always deferrable: whoever applies changes of several tables at once checks at commit. */
function ddlOf(
  key: SourceForeignKey,
  name: string,
  table: TablePlan,
  { parent, pairs }: Link,
  { qualified }: EmitContext,
): ForeignKeyDdl {
  const list = (side: 'child' | 'parent') =>
    pairs.map((pair) => quoteIdent(pair[side].targetName)).join(', ');
  const alter = `ALTER TABLE ${qualified(table.targetName)}`;
  const references = `FOREIGN KEY (${list('child')}) REFERENCES ${qualified(parent.targetName)} (${list('parent')})`;
  const actions = `ON UPDATE ${key.onUpdate} ON DELETE ${key.onDelete}`;
  const checked = `DEFERRABLE INITIALLY ${key.deferred ? 'DEFERRED' : 'IMMEDIATE'}`;
  return {
    table: table.targetName,
    name,
    parent: parent.targetName,
    addSql: `${alter} ADD CONSTRAINT ${quoteIdent(name)} ${references} ${actions} ${checked} NOT VALID`,
    validateSql: `${alter} VALIDATE CONSTRAINT ${quoteIdent(name)}`,
    brokenSql: orphanSqlOf(table, { parent, pairs }, qualified),
  };
}

function orphanSqlOf(
  table: TablePlan,
  { parent, pairs }: Link,
  qualified: EmitContext['qualified'],
): string {
  const child = (column: ColumnPlan) => `child.${quoteIdent(column.targetName)}`;
  const points = pairs.map((pair) => `${child(pair.child)} IS NOT NULL`);
  const matches = pairs.map(
    (pair) => `parent.${quoteIdent(pair.parent.targetName)} = ${child(pair.child)}`,
  );
  const shown = shownColumns(
    table,
    pairs.map((pair) => pair.child),
  );
  return [
    `SELECT count(*) OVER () AS broken, ${shownKey(shown, 'child')} AS key`,
    `FROM ${qualified(table.targetName)} AS child`,
    `WHERE ${points.join(' AND ')}`,
    `AND NOT EXISTS (SELECT FROM ${qualified(parent.targetName)} AS parent WHERE ${matches.join(' AND ')})`,
    'LIMIT $1',
  ].join('\n');
}
