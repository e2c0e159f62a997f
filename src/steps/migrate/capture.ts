import { openSource } from '../../drivers/sqlite.js';
import { openWritable } from '../../drivers/sqlite-writable.js';
import { tablesToCapture } from '../../sync/followed-tables.js';
import { installCapture } from '../../sync/sqlite/install.js';
import type { Migration } from '../context.js';
import type { Step } from '../step.js';

/** Has the source log which rows change, before the snapshot: so the snapshot has its position. */
export const capture: Step<Migration> = {
  name: 'capture',
  title: 'log what changes from now on',

  async check({ sourcePath }) {
    const source = openSource(sourcePath);
    try {
      tablesToCapture(source.db);
    } finally {
      source.close();
    }
  },

  async run({ sourcePath, prepareSource }) {
    // Before: a table that comes later is a change of the schema, at which follow stops.
    await prepareSource();
    const file = openWritable(sourcePath);
    try {
      const captured = tablesToCapture(file.reader);
      await installCapture(file, captured);
      return `${captured.length} tables`;
    } finally {
      file.close();
    }
  },
};
