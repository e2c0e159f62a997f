import type { Report } from '../../lib/report.js';
import type { ComparisonEvents } from './comparing-thread.js';

export const VERIFY_TITLE = 'verify every value';

/**
 * Tells how far the comparison of a table is.
 *
 * @param expected about how many rows there are
 */
export function tableProgress(
  report: Report,
  table: string,
  expected: number,
): ComparisonEvents['onRows'] {
  let done = 0;
  let bytesDone = 0;
  return (rows, bytes) => {
    done += rows;
    bytesDone += bytes;
    report({
      type: 'progress',
      step: VERIFY_TITLE,
      task: table,
      unit: 'rows',
      done,
      total: Math.max(expected, done),
      bytes: bytesDone,
    });
  };
}
