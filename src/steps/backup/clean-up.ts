import { messageOf } from '../../lib/errors.js';
import type { Report } from '../../lib/report.js';
import { removeDeadPartials } from '../../snapshot/archive/partial.js';

/** Removes what killed runs left in `outDir`, and says so. What cannot be removed is no obstacle. */
export function cleanUpAfterTheDead(outDir: string, report: Report): void {
  try {
    const removed = removeDeadPartials(outDir);
    if (removed === 0) return;
    const message = `Removed ${removed} unfinished ${removed === 1 ? 'backup' : 'backups'} of runs that were killed.`;
    report({ type: 'note', level: 'info', message });
  } catch (error) {
    const message = `Could not remove unfinished backups of killed runs in ${outDir}: ${messageOf(error)}`;
    report({ type: 'note', level: 'warning', message });
  }
}
