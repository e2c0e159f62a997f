import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './cleanup.js';

/**
 * A new empty directory, removed when the test (or, outside one, its file) ends. `forOthers` opens
 * it to other users of this machine, such as the one whom root lends a server to.
 */
export async function tempDir(options: { forOthers?: boolean } = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'cardctl-test-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  if (options.forOthers) await chmod(directory, 0o711);
  return directory;
}
