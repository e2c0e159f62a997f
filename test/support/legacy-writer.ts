import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProcess } from './process.js';
import { tempDir } from './temp-dir.js';

const SCRIPT = fileURLToPath(new URL('../../fixtures/writer/legacy_writer.py', import.meta.url));

export interface LegacyWriterResult {
  /** Transactions acknowledged. */
  writes: number;
  /** How often each sqlite3.OperationalError came, by its message. */
  errors: Record<string, number>;
  slowestMs: number;
  seconds: number;
  /** Numbers of the acknowledged writes, in order. */
  ledger: number[];
}

export interface LegacyWriter {
  stop(): Promise<LegacyWriterResult>;
}

/** Starts a Python process that writes to a game database as the legacy bot does. */
export async function startLegacyWriter(path: string, rate: number): Promise<LegacyWriter> {
  const ledgerPath = join(await tempDir(), 'ledger');
  const args = [SCRIPT, '--db', path, '--ledger', ledgerPath, '--rate', String(rate)];
  const running = startProcess('python3', args, { timeoutMs: 120_000 });
  await running.waitFor(/ready/);
  return {
    stop: async () => {
      const { stdout, stderr } = await running.kill('SIGTERM');
      if (stdout === '') throw new Error(`the writer died: ${stderr}`);
      const lines = readFileSync(ledgerPath, 'utf8').trimEnd().split('\n');
      return { ...JSON.parse(stdout), ledger: lines.map((line) => Number.parseInt(line, 10)) };
    },
  };
}
