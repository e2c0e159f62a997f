import type { MoveRules } from '../../snapshot/plan-move.js';
import type { Config } from './index.js';

/** What the configuration says about columns, indexes and rows, as the engine takes it. */
export function moveRules({ rules, skip, migrate }: Config): MoveRules {
  return {
    columns: new Map(rules.map(({ table, column, rule }) => [`${table}.${column}`, rule])),
    skip: new Set(skip),
    onBadRow: migrate.onBadRow,
  };
}
