import type { Report } from '../../lib/report.js';
import type { ComparisonEvents } from './comparing-thread.js';

export const VERIFY_TITLE = 'verify every value';

/** Tells how far the comparison of a table is. */
export function tableProgress(
  report: Report,
  table: string,
): Pick<ComparisonEvents, 'onTotal' | 'onRows'> {
  let total = 0;
  let done = 0;
  let bytesDone = 0;
  return {
    onTotal(rows) {
      total = rows;
    },
    onRows(rows, bytes) {
      done += rows;
      bytesDone += bytes;
      report({
        type: 'progress',
        step: VERIFY_TITLE,
        task: table,
        unit: 'rows',
        done,
        // The target may have lost rows that the source has.
        total: Math.max(total, done),
        bytes: bytesDone,
      });
    },
  };
}
