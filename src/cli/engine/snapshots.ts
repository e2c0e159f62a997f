import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const VERIFY = 'verify-';

/** Where a run of migrate keeps its snapshot of the source. */
export function migrateSnapshot(workDir: string, run: string): string {
  return join(workDir, 'snapshots', `${run}.db`);
}

/** Where a verify keeps its own, for as long as it runs. */
export function verifySnapshot(workDir: string, run: string): string {
  return join(workDir, 'snapshots', `${VERIFY}${run}.db`);
}

/** Makes the directory, and removes what a verify left behind when it was killed. */
export function sweepVerifySnapshots(workDir: string): void {
  const directory = join(workDir, 'snapshots');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(directory)) {
    if (name.startsWith(VERIFY)) rmSync(join(directory, name), { force: true });
  }
}

export function removeSnapshot(path: string): void {
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}
