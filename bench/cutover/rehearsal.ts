import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

/** One legacy and three fleet bots, and a Redis; a rehearsal has its own. */
const BOTS = ['legacy-1', 'fleet-1', 'fleet-2', 'fleet-3'].map((name, i) => ({
  name,
  stack: i === 0 ? 'legacy' : 'fleet',
  address: `127.0.0.1:${8_443 + i}`,
  admin: `http://127.0.0.1:${9_443 + i}`,
}));

/** Minutes that all gates together may take. */
const MINUTES = 4;

export async function rehearse(
  source: string,
  { players, rps }: { players: number; rps: number },
): Promise<RehearsalFindings> {
  const directory = mkdtempSync(join(tmpdir(), 'cardctl-bench-rehearsal-'));
  try {
    const config = join(directory, 'cardctl.json');
    const body = {
      source,
      workDir: join(directory, 'work'),
      bots: BOTS,
      redis: 'redis://127.0.0.1',
    };
    writeFileSync(config, JSON.stringify(body), { mode: 0o600 });
    const startedMs = performance.now();
    const stdout = await output([
      ...['rehearse', '--config', config, '--json', '--minutes', `${MINUTES}`],
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
