import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RehearsalReport } from '../../src/steps/rehearse/report.js';

const CARDCTL = fileURLToPath(new URL('../../bin/cardctl', import.meta.url));

/** What a rehearsal of the whole cutover and its rollback took and found. */
export interface RehearsalFindings {
  seconds: number;
  players: number;
  rps: number;
  report: RehearsalReport;
}

/** One legacy and three fleet bots; where they are does not matter to a rehearsal. */
const BOTS = fileURLToPath(new URL('../../fixtures/edge/cardctl.json', import.meta.url));

/** Minutes that all gates together may take. */
const MINUTES = 4;

export async function rehearse(
  source: string,
  { players, rps }: { players: number; rps: number },
): Promise<RehearsalFindings> {
  const directory = mkdtempSync(join(tmpdir(), 'cardctl-bench-rehearsal-'));
  try {
    const startedMs = performance.now();
    const stdout = await output([
      ...['rehearse', '--source', source, '--config', BOTS, '--work-dir', directory],
      ...['--json', '--minutes', `${MINUTES}`],
      ...['--players', `${players}`, '--rps', `${rps}`, '--accept-hold'],
    ]);
    const seconds = (performance.now() - startedMs) / 1_000;
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}');
    return { seconds, players, rps, report: last.result };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Whatever it ends with: what it says is the finding. */
async function output(args: readonly string[]): Promise<string> {
  const command = [process.execPath, [CARDCTL, ...args], { maxBuffer: 1e9 }] as const;
  const { stdout } = await promisify(execFile)(...command).catch(
    (error: { stdout: string }) => error,
  );
  return stdout;
}
