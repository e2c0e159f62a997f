import { messageOf } from '../../lib/errors.js';
import type { Report } from '../../lib/report.js';
import { type Backup, listBackups } from '../../snapshot/archive/layout.js';
import type { Manifest } from '../../snapshot/archive/manifest.js';
import { removeWhole } from '../../snapshot/archive/partial.js';

interface KeepOptions {
  /** The backup just made: it stays, whatever its clock says. */
  directory: string;
  manifest: Manifest;
  keep: number;
  report: Report;
}

/**
 * Removes the oldest whole backups of the same source until `keep` are left.
 *
 * @returns the directories removed, oldest first
 */
export function keepNewest(outDir: string, options: KeepOptions): string[] {
  const { directory, manifest, keep, report } = options;
  const surplus = surplusBackups(outDir, manifest.source.id, keep, directory);
  return surplus
    .filter((backup) => {
      try {
        removeWhole(backup.directory, outDir);
        return true;
      } catch (error) {
        const message = `Could not remove the old backup ${backup.directory}: ${messageOf(error)}`;
        report({ type: 'note', level: 'warning', message });
        return false;
      }
    })
    .map((backup) => backup.directory);
}

/** The whole backups of a source that are too many, oldest first. */
export function surplusBackups(
  outDir: string,
  sourceId: string,
  keep: number,
  newest?: string,
): Backup[] {
  const others = listBackups(outDir).filter(
    ({ directory, manifest }) => manifest.source.id === sourceId && directory !== newest,
  );
  return others.slice(0, Math.max(0, others.length - (keep - 1)));
}
