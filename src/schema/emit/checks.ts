import { expressionContext } from '../expression/context.js';
import { translateCondition } from '../expression.js';
import { quoteIdent } from '../identifiers.js';
import type { TablePlan, Untranslated } from '../model.js';
import { isInTarget } from '../planned-columns.js';
import { shownColumns, shownKey } from './shown-key.js';
import type { CheckDdl, EmitContext } from './target-ddl.js';

/** Columns that name a row of a table without a key. */
const COLUMNS_SHOWN_MAX = 4;

/**
 * The CHECK constraints of a table, to be added behind the load: SQLite lets rows in that break one
 * (`PRAGMA ignore_check_constraints`, a check that a later version of the bot brought).
 */
export function emitChecks(
  table: TablePlan,
  { names, qualified }: EmitContext,
): { checks: CheckDdl[]; untranslated: Untranslated[] } {
  const { source } = table;
  const context = expressionContext(table);
  const checks: CheckDdl[] = [];
  const untranslated: Untranslated[] = [];
  source.checks.forEach(({ sql }, number) => {
    const name = names.check(source.name, number);
    const translated = translateCondition(sql, context);
    if ('reason' in translated) {
      const { reason } = translated;
      untranslated.push({ table: source.name, what: 'check', name, sql, reason });
    } else checks.push(ddlOf(name, translated.sql, table, qualified));
  });
  for (const column of table.columns.filter(isInTarget)) {
    // Nothing of it is stored, so that nobody has counted its NULLs.
    if (column.source.generated !== 'virtual' || !column.source.notNull) continue;
    const name = names.notNull(source.name, column.source.name);
    checks.push(ddlOf(name, `${quoteIdent(column.targetName)} IS NOT NULL`, table, qualified));
  }
  return { checks, untranslated };
}

function ddlOf(
  name: string,
  condition: string,
  table: TablePlan,
  qualified: EmitContext['qualified'],
): CheckDdl {
  const alter = `ALTER TABLE ${qualified(table.targetName)}`;
  const others = table.columns.filter(isInTarget).slice(0, COLUMNS_SHOWN_MAX);
  const shown = shownColumns(table, others);
  // Postgres has no order for json.
  const order = shown
    .filter(({ type }) => type !== 'json')
    .map(({ targetName }) => `it.${quoteIdent(targetName)}`);
  return {
    table: table.targetName,
    name,
    addSql: `${alter} ADD CONSTRAINT ${quoteIdent(name)} CHECK (${condition}) NOT VALID`,
    validateSql: `${alter} VALIDATE CONSTRAINT ${quoteIdent(name)}`,
    brokenSql: [
      `SELECT count(*) OVER () AS broken, ${shownKey(shown, 'it')} AS key`,
      `FROM ${qualified(table.targetName)} AS it`,
      `WHERE NOT (${condition})`,
      ...(order.length > 0 ? [`ORDER BY ${order.join(', ')}`] : []),
      'LIMIT $1',
    ].join('\n'),
  };
}
