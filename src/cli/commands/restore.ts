import { resolve } from 'node:path';
import { Command } from 'commander';
import type { RestoreResult } from '../../steps/restore/index.js';
import { type App, action } from '../app.js';
import type { Invocation, Outcome } from '../invocation.js';
import { recordedRun } from '../recorded-run.js';
import { formatBytes, formatSeconds } from '../render/format.js';

interface RestoreFlags {
  to: string;
  force?: boolean;
}

/** `cardctl restore` */
export function restoreCommand(app: App): Command {
  return new Command('restore')
    .description('turn a backup into a database file again, checked')
    .argument('<backup>', 'the directory that cardctl backup made')
    .requiredOption('--to <file>', 'the database file to make')
    .option('--force', 'replace the file if it is there')
    .action(action(app, run));
}

async function run(
  invocation: Invocation,
  { to, force }: RestoreFlags,
  backup: string,
): Promise<Outcome> {
  const { report, clock, signal, cwd, options } = invocation;
  const config = await invocation.config();
  const backupPath = resolve(cwd, backup);
  const toPath = resolve(cwd, to);
  if (options.dryRun) return dryRun(invocation, backupPath, toPath);
  if (force) await confirmReplacing(invocation, toPath);
  const { restoreBackup } = await import('../../steps/restore/index.js');
  const facts = { backup: backupPath, to: toPath };
  return recordedRun(invocation, config, facts, async () =>
    done(await restoreBackup({ backupPath, toPath, force, report, clock, signal })),
  );
}

async function confirmReplacing({ confirm }: Invocation, toPath: string): Promise<void> {
  const { existsSync } = await import('node:fs');
  if (existsSync(toPath)) await confirm(`Replace ${toPath}? What is in it now will be gone.`);
}

function done({ path, bytes, sha256, backup, seconds }: RestoreResult): Outcome {
  const result = { path, bytes, sha256, backup: backup.directory, seconds };
  return {
    result,
    text: [
      `restored   ${path}`,
      `from       ${backup.directory}`,
      `size       ${formatBytes(bytes)}, byte for byte as it was backed up`,
      `sha256     ${sha256}`,
      `time       ${formatSeconds(seconds)}`,
    ].join('\n'),
  };
}

async function dryRun(
  { signal }: Invocation,
  backupPath: string,
  toPath: string,
): Promise<Outcome> {
  const { readBackup } = await import('../../snapshot/archive/read.js');
  const { directory, manifest } = await readBackup(backupPath, { signal });
  const { bytes } = manifest.database;
  return {
    result: { backup: directory, to: toPath, bytes },
    text: `would restore ${directory} (${formatBytes(bytes)}, made ${manifest.createdAt}) to ${toPath}`,
  };
}
