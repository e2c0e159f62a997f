import { openSource } from '../../drivers/sqlite.js';
import { CardctlError } from '../../lib/errors.js';
import { readSchema } from '../../schema/read.js';

/**
 * Looks at the source before anything is opened or started for its sake.
 *
 * @throws CardctlError `source` when it cannot be read, `refused` when there is no table in it: two
 *   sides without rows are equal, and nobody would notice that it is the wrong file
 */
export function refuseUselessSource(sourcePath: string): void {
  const source = openSource(sourcePath);
  try {
    if (readSchema(source.db).tables.length > 0) return;
  } finally {
    source.close();
  }
  throw new CardctlError('refused', `${sourcePath} has no tables: there is nothing to move`, {
    hint: 'Look for the real database and give it with --source.',
  });
}
