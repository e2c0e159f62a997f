import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningProcess, startProcess } from '../../test/support/process.js';
import { tempDir } from '../../test/support/temp-dir.js';

const PROGRAM = fileURLToPath(new URL('writer-process.ts', import.meta.url));

/** One committed transaction. */
export interface Written {
  /** Of the row that it inserted into fight_history. */
  id: number;
  /** Unix time of its commit, milliseconds. */
  atMs: number;
  tookMs: number;
}

export interface Writer {
  stop(): Promise<Written[]>;
}

export async function startWriter(source: string, perSecond: number): Promise<Writer> {
  const notes = join(await tempDir(), 'notes');
  const args = ['--import', 'tsx', PROGRAM, source, String(perSecond), notes];
  const running: RunningProcess = startProcess(process.execPath, args, { timeoutMs: 1_800_000 });
  await running.waitFor(/ready/);
  return {
    stop: async () => {
      await running.kill('SIGTERM');
      return readFileSync(notes, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [id = 0, atMs = 0, tookMs = 0] = line.split(' ').map(Number);
          return { id, atMs, tookMs };
        });
    },
  };
}
