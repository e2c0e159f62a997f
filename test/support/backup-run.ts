import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateGame } from '../../fixtures/game/generate.js';
import { systemClock } from '../../src/lib/clock.js';
import { CardctlError } from '../../src/lib/errors.js';
import type { ReportEvent } from '../../src/lib/report.js';
import { startProcess } from './process.js';
import { tempDir } from './temp-dir.js';

const SCRIPT = fileURLToPath(new URL('./backup-process.ts', import.meta.url));

/** A game database of its own for one test; 2,000 players make 8 MB. */
export async function gameFile(players = 2_000): Promise<string> {
  const path = join(await tempDir(), 'game_bot.db');
  generateGame({ path, players, seed: 1 });
  return path;
}

/** sha256, hex, of a file. */
export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Every file under a directory with its sha256, by path. */
export function contentsOf(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.sort().map((path) => [path, sha256Of(path)]));
}

/** What every engine call wants, with the events kept. */
export function surroundings() {
  const events: ReportEvent[] = [];
  return { events, report: (event: ReportEvent) => void events.push(event), clock: systemClock };
}

/** The messages of the notes among events. */
export function notesIn(events: ReportEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'note' ? [event.message] : []));
}

/** The CardctlError that a promise rejects with. */
export async function errorOf(work: Promise<unknown>): Promise<CardctlError> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof CardctlError) return error;
  throw error;
}

/** Starts `writeBackup` in a process of its own, which prints its events as NDJSON. */
export function startBackupProcess(options: object) {
  const [program, ...args] = backupCommand(options);
  return startProcess(program, args, { timeoutMs: 120_000 });
}

/** The command line of such a process. */
export function backupCommand(options: object): [program: string, ...args: string[]] {
  return [process.execPath, '--import', 'tsx', SCRIPT, JSON.stringify(options)];
}
