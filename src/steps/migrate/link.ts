import { openSource } from '../../drivers/sqlite.js';
import { tablesToFollow } from '../../sync/followed-tables.js';
import { installFollower } from '../../sync/postgres/install.js';
import { recordProof } from '../../sync/postgres/proof.js';
import { readSnapshotOrigin } from '../../sync/sqlite/snapshot-origin.js';
import type { Migration } from '../context.js';
import type { Step } from '../step.js';

/**
 * Makes the target a follower that stands where the snapshot was taken: fenced against all writers
 * but the applier, and with triggers that will log its own changes once it is the authority.
 */
export const link: Step<Migration> = {
  name: 'link',
  title: 'make the target a follower',
  changesTarget: 'whole',

  async run({ snapshotPath, target, options, verified }) {
    const snapshot = openSource(snapshotPath);
    const client = await target.connect();
    try {
      const origin = readSnapshotOrigin(snapshot.db);
      const tables = await tablesToFollow(snapshot.db, client, options.rules);
      await installFollower(target, tables, origin);
      if (verified?.equal === true) await recordProof(target, verified);
      return `at position ${origin.position.sequence}`;
    } finally {
      await client.end();
      snapshot.close();
    }
  },
};
