import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CardctlError } from '../../lib/errors.js';
import { untranslatedText } from '../../schema/untranslated.js';
import { type PlannedProblem, planMove, type RejectedRow } from '../../snapshot/plan-move.js';
import type { Migration } from '../context.js';
import type { Step } from '../step.js';

/** Reads every value of the snapshot and decides types, or stops with the rows that do not fit. */
export const census: Step<Migration> = {
  name: 'census',
  title: 'census of every value',

  async run(migration) {
    const { report, signal, options } = migration;
    let done = 0;
    const rejects = new RejectFile(migration);
    const plan = await planMove(migration.snapshotPath, {
      rules: options.rules,
      signal,
      onPages: (pages, total) => {
        done += pages;
        report({ type: 'progress', step: census.title, task: 'pages', unit: 'pages', done, total });
      },
      onRejected: (row) => rejects.add(row),
      ahead: migration.ahead,
    });
    if (plan.problems.length > 0) {
      rejects.discard();
      throw doesNotFit(plan.problems);
    }
    migration.plan = plan;
    for (const each of plan.untranslated) {
      report({
        type: 'note',
        level: 'warning',
        message: untranslatedText(each),
      });
    }
    if (rejects.count > 0) {
      report({
        type: 'note',
        level: 'warning',
        message: `${rejects.count} rows do not fit and are left out; they are in ${rejects.path}`,
      });
    }
    const rows = plan.tables.reduce((sum, table) => sum + table.plan.rows, 0);
    return `${plan.tables.length} tables, ${rows.toLocaleString('en')} rows`;
  },
};

/** Rows that were left out, a JSON object a line, written anew by each census. */
class RejectFile {
  count = 0;
  readonly path: string;

  constructor(migration: Migration) {
    const directory = join(migration.workDir, 'rejects');
    this.path = join(directory, `${migration.run}.ndjson`);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.discard();
  }

  /** No row is left out after all. */
  discard(): void {
    rmSync(this.path, { force: true });
  }

  add(row: RejectedRow): void {
    this.count++;
    appendFileSync(this.path, `${JSON.stringify(row)}\n`, { mode: 0o600 });
  }
}

/** What does not fit, where, and which choices there are; nothing has been changed yet. */
export function doesNotFit(problems: readonly PlannedProblem[]): CardctlError {
  const lines = problems.map(
    (problem) =>
      `${problem.table}.${problem.column}: ${problem.count.toLocaleString('en')} × ${problem.message}\n` +
      `    rows: ${problem.keys.join('; ')}${problem.count > problem.keys.length ? '; …' : ''}\n` +
      problem.choices.map((choice) => `    choice: ${choice}`).join('\n'),
  );
  return new CardctlError(
    'refused',
    `some values do not fit, nothing was changed:\n  ${lines.join('\n  ')}`,
    {
      hint: 'put a choice for each column into cardctl.json, or leave those rows out with: cardctl migrate --on-bad-row reject',
      details: {
        problems: problems.map(({ table, column, kind, count, message, keys, choices }) => ({
          table,
          column,
          kind,
          count,
          message,
          keys,
          choices,
        })),
      },
    },
  );
}
