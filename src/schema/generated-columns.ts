import { expressionContext } from './expression/context.js';
import { fitExpression, typeOfResult } from './expression/fit.js';
import { parseExpression } from './expression/parse.js';
import { translate } from './expression/translate.js';
import { asInteger } from './expression/unify.js';
import { orReason } from './expression.js';
import type { ColumnPlan, SourceTable, Untranslated } from './model.js';

/**
 * Translates the expressions of generated columns. They are not copied but computed again; one
 * that stores nothing in SQLite takes its type from its expression.
 */
export function planGenerated(
  source: SourceTable,
  columns: readonly ColumnPlan[],
): { columns: ColumnPlan[]; untranslated: Untranslated[] } {
  const planned = [...columns];
  const reasons = new Map<number, string>();
  const waiting = planned.flatMap((column, i) => (column.source.generated === null ? [] : [i]));
  // One may use another that is declared later: as many rounds as it takes.
  for (let rounds = waiting.length; rounds > 0; rounds--) {
    for (const i of waiting) {
      const column = planned[i] as ColumnPlan;
      if (column.generatedAs !== undefined) continue;
      const result = orReason(() => translateGenerated(source, planned, column));
      if ('reason' in result) reasons.set(i, result.reason);
      else planned[i] = result;
    }
  }
  const untranslated = planned.flatMap((column, i): Untranslated[] => {
    if (column.source.generated === null || column.generatedAs !== undefined) return [];
    const { name, generatedSql } = column.source;
    const facts = { table: source.name, what: 'generated column', name } as const;
    return [{ ...facts, sql: generatedSql ?? '', reason: reasons.get(i) ?? '' }];
  });
  return { columns: planned, untranslated };
}

function translateGenerated(
  source: SourceTable,
  columns: readonly ColumnPlan[],
  column: ColumnPlan,
): ColumnPlan {
  const context = expressionContext({ source, columns }, true);
  const value = translate(parseExpression(column.source.generatedSql ?? ''), context);
  const { magnitude, reach } = asInteger(value);
  if (column.source.generated === 'stored') {
    return { ...column, magnitude, reach, generatedAs: fitExpression(value, column) };
  }
  const type = typeOfResult(value, column);
  const typed = { ...column, magnitude, reach, type, why: 'the type of its expression' };
  return { ...typed, generatedAs: fitExpression(value, typed) };
}
