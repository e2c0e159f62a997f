import { type Expected, expectedVerify } from '../../snapshot/expected-seconds.js';
import { planMeasured } from '../../snapshot/measured-plan.js';
import type { MoveRules } from '../../snapshot/plan-move.js';
import { withPrivateSnapshot } from '../../snapshot/take/private.js';
import type { Deps } from '../step.js';

/** What verify would compare. Plain data, fit for JSON. */
export interface VerifyPlan {
  sourcePath: string;
  rows: number;
  tables: { table: string; rows: number; columns: string[]; orderedBy: string[] }[];
  expected: Expected;
}

/** Says what a full verify would compare, and for how long. Needs no target and touches nothing. */
export async function planVerify(
  options: { sourcePath: string; workDir: string; rules: MoveRules; tables: readonly string[] },
  deps: Deps,
): Promise<VerifyPlan> {
  return withPrivateSnapshot({ ...options, ...deps }, async (snapshot) => {
    const { plan, readSeconds } = await planMeasured(snapshot.path, {
      ...deps,
      rules: options.rules,
      recent: null,
    });
    const chosen = plan.tables.filter(
      ({ plan: { source } }) => options.tables.length === 0 || options.tables.includes(source.name),
    );
    const tables = chosen.map(({ plan: { source, targetName, rows, columns } }) => {
      const names = columns.map((column) => column.targetName);
      return {
        table: targetName,
        rows,
        columns: names,
        orderedBy: source.primaryKey.length > 0 ? source.primaryKey : names,
      };
    });
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    return { sourcePath: options.sourcePath, rows, tables, expected: expectedVerify(readSeconds) };
  });
}
