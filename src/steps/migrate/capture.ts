import { openSource } from '../../drivers/sqlite.js';
import { openWritable } from '../../drivers/sqlite-writable.js';
import type { CapturedTable } from '../../sync/captured-table.js';
import { tablesToCapture } from '../../sync/followed-tables.js';
import { installCapture } from '../../sync/sqlite/install.js';
import type { Migration } from '../context.js';
import type { Step } from '../step.js';

/** Has the source log which rows change, before the snapshot: so the snapshot has its position. */
export const capture: Step<Migration> = {
  name: 'capture',
  title: 'log what changes from now on',

  async check({ sourcePath }) {
    capturable(sourcePath);
  },

  async run({ sourcePath, prepareSource }) {
    // Before: a table that comes later is a change of the schema, at which follow stops.
    await prepareSource();
    const captured = capturable(sourcePath);
    const file = openWritable(sourcePath);
    try {
      await installCapture(file, captured);
      return `${captured.length} tables`;
    } finally {
      file.close();
    }
  },
};

function capturable(sourcePath: string): CapturedTable[] {
  const source = openSource(sourcePath);
  try {
    return tablesToCapture(source.db);
  } finally {
    source.close();
  }
}
