import type { PlannedTable } from '../../snapshot/plan-move.js';
import type { LoadedTable, Migration } from '../context.js';

/** Rows, bytes and seconds of one table, told to the reporter as they grow. */
export class TableTally {
  rows = 0;
  bytes = 0;
  indexSeconds = 0;
  #firstMs: number | null = null;
  #lastMs = 0;

  constructor(
    readonly migration: Migration,
    readonly step: string,
    readonly table: PlannedTable,
  ) {}

  /** A chunk is about to be copied. */
  begin(): void {
    this.#firstMs ??= this.migration.clock.monotonicMs();
  }

  add(rows: number, bytes: number): void {
    const { clock, report } = this.migration;
    this.rows += rows;
    this.bytes += bytes;
    this.#lastMs = clock.monotonicMs();
    report({
      type: 'progress',
      step: this.step,
      task: this.table.plan.targetName,
      unit: 'rows',
      done: this.rows,
      total: this.table.plan.rows - this.table.rejectedRows,
      bytes: this.bytes,
    });
  }

  result(): LoadedTable {
    return {
      table: this.table.plan.targetName,
      rows: this.rows,
      bytes: this.bytes,
      copySeconds: this.#firstMs === null ? 0 : (this.#lastMs - this.#firstMs) / 1000,
      indexSeconds: this.indexSeconds,
    };
  }
}
