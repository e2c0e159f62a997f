import { CardctlError } from '../../lib/errors.js';
import type { Migration } from '../context.js';
import type { Step } from '../step.js';
import { VERIFY_TITLE } from './progress.js';
import { verifyTarget } from './verify-target.js';

/** How many differences are named when a migrate does not verify. */
const DIFFERENCES_NAMED = 20;

/** Compares what arrived with the snapshot it came from. */
export const verify: Step<Migration> = {
  name: 'verify',
  title: VERIFY_TITLE,

  skip: (migration) => (migration.options.verify ? null : '--no-verify'),

  async run(migration) {
    const { snapshotPath, target, options } = migration;
    const result = await verifyTarget(
      {
        snapshotPath,
        target,
        rules: options.rules,
        counts: false,
        tables: [],
        limit: DIFFERENCES_NAMED,
      },
      migration,
    );
    migration.verified = result;
    if (!result.equal) {
      throw new CardctlError(
        'refused',
        `the target differs from the snapshot in ${result.differencesTotal} places`,
        {
          hint: 'see each of them with: cardctl verify   and load again with: cardctl migrate --clean',
          details: { differences: result.differences },
        },
      );
    }
    const rows = result.tables.reduce((sum, table) => sum + table.rows, 0);
    return `${rows.toLocaleString('en')} rows equal in every value`;
  },
};
