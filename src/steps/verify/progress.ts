import type { Report } from '../../lib/report.js';

export const VERIFY_TITLE = 'verify every value';

/** Tells how far the comparison of a table is, from what was compared since the last call. */
export function tableProgress(
  report: Report,
  table: string,
  total: number,
): (rows: number, bytes: number) => void {
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
      // The target may have lost rows that the source has.
      total: Math.max(total, done),
      bytes: bytesDone,
    });
  };
}
