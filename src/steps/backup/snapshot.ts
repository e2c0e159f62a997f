import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CountedAhead } from '../../snapshot/counted-ahead.js';
import { takeSnapshot } from '../../snapshot/take/index.js';
import { inWorkDir } from '../../snapshot/take/output-error.js';
import type { Migration } from '../context.js';
import type { Step } from '../step.js';

/** A working copy of the source, uncompressed: what all other steps read. */
export const snapshot: Step<Migration> = {
  name: 'snapshot',
  title: 'snapshot of the source',

  skip: (migration) =>
    migration.options.resume && existsSync(migration.snapshotPath)
      ? 'that of the run that stopped'
      : null,

  async run(migration) {
    const { sourcePath, snapshotPath, report, clock, signal, options } = migration;
    const { holdMsMax, acceptHold } = options;
    removeOthers(snapshotPath);
    const taken = await takeSnapshot({
      sourcePath,
      targetPath: snapshotPath,
      // It reports itself as a step of its own, which it is for backup and is not here.
      report: (event) => {
        if (event.type !== 'step')
          report({ ...event, ...('step' in event && { step: snapshot.title }) });
      },
      clock,
      signal,
      holdMsMax,
      acceptHold,
      countAhead: true,
    }).catch((error: unknown) => Promise.reject(inWorkDir(error)));
    if (taken.headStart !== null) migration.ahead = new CountedAhead(taken.headStart);
    const held =
      taken.journalMode === 'wal'
        ? 'writers not held (WAL)'
        : `writers held ${(taken.holdMs / 1000).toFixed(2)} s`;
    return `${taken.pageCount.toLocaleString('en')} pages, ${held}`;
  },
};

/**
 * What other runs left behind can be used no more. Not before this run may begin: one that is
 * refused must leave the snapshot of the run that can be resumed.
 */
function removeOthers(snapshotPath: string): void {
  const directory = dirname(snapshotPath);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(basename(snapshotPath))) rmSync(join(directory, name), { force: true });
  }
}
