import { Command } from 'commander';
import type { BackupPlan, BackupResult } from '../../steps/backup/index.js';
import { type App, action } from '../app.js';
import type { Config } from '../config/index.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { Invocation, Outcome } from '../invocation.js';
import { recordedRun } from '../recorded-run.js';
import { formatBytes, formatCount, formatSeconds } from '../render/format.js';
import { requireSource } from '../require-source.js';
import { shellLine } from '../shell.js';

interface BackupFlags {
  source?: string;
  out?: string;
  keep?: string;
  check: boolean;
  acceptHold?: boolean;
}

/** `cardctl backup` */
export function backupCommand(app: App): Command {
  return new Command('backup')
    .description('make a verified, compressed copy of the live source')
    .option('--source <file>', 'the SQLite database')
    .option('--out <dir>', 'where backups go (default: backups in the work directory)')
    .option('--keep <n>', 'afterwards remove all but the newest n backups of this source')
    .option('--no-check', 'skip the integrity check and the restore of the finished backup')
    .option('--accept-hold', 'hold the writers of the source for as long as the copy takes')
    .action(action(app, run));
}

async function run(invocation: Invocation, flags: BackupFlags): Promise<Outcome> {
  const config = await invocation.config({
    source: flags.source,
    out: flags.out,
    keep: flags.keep,
  });
  const options = engineOptions(invocation, config, flags);
  if (invocation.options.dryRun) return dryRun(options);
  const { writeBackup } = await import('../../steps/backup/index.js');
  const facts = { source: options.sourcePath, out: options.outDir };
  return recordedRun(invocation, config, facts, async () => done(await writeBackup(options)));
}

function engineOptions(invocation: Invocation, config: Config, flags: BackupFlags) {
  const { report, clock, signal } = invocation;
  return {
    sourcePath: requireSource(config, 'backup'),
    outDir: config.backup.out,
    keep: config.backup.keep ?? undefined,
    check: flags.check,
    holdMsMax: config.backup.holdMsMax,
    acceptHold: flags.acceptHold,
    report,
    clock,
    signal,
  };
}

function done({ directory, archivePath, manifest, removed, seconds }: BackupResult): Outcome {
  const { database, archive, writersHeldMs, checks } = manifest;
  const rows = database.tables.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  const violations = checks.foreignKeys.violations;
  return {
    result: { directory, archivePath, manifest, removed, seconds },
    summary: {
      directory,
      bytes: database.bytes,
      compressedBytes: archive.bytes,
      rows,
      writersHeldMs,
      checked: checks.restored === 'ok',
      seconds,
    },
    text: [
      `backup         ${directory}`,
      `size           ${formatBytes(database.bytes)}, compressed ${formatBytes(archive.bytes)}`,
      `rows           ${formatCount(rows)} in ${formatCount(database.tables.length)} tables`,
      `writers held   ${formatSeconds(writersHeldMs / 1_000)}`,
      `integrity      ${checks.integrity.result}${reasonOf(checks.integrity)}`,
      `foreign keys   ${violations === 0 ? checks.foreignKeys.result : `${formatCount(violations)} rows break one`}${reasonOf(checks.foreignKeys)}`,
      `restored       ${checks.restored === 'ok' ? 'unpacked again, equal' : 'not tried (--no-check)'}`,
      ...removed.map((path) => `removed        ${path}`),
      `time           ${formatSeconds(seconds)}`,
      `restore with: ${shellLine(['cardctl', 'restore', directory, '--to', `restored-${manifest.source.basename}`])}`,
    ].join('\n'),
  };
}

function reasonOf({ reason }: { reason?: string | undefined }): string {
  return reason === undefined ? '' : ` (${reason})`;
}

async function dryRun(options: ReturnType<typeof engineOptions>): Promise<Outcome> {
  const { planBackup } = await import('../../steps/backup/index.js');
  const plan = await planBackup(options);
  const wouldRefuse = plan.isHoldTooLong || plan.isDiskTooFull;
  return {
    result: { ...plan, wouldRefuse },
    text: planLines(plan).join('\n'),
    exitCode: wouldRefuse ? EXIT_CODES.refused : EXIT_CODES.done,
  };
}

function planLines(plan: BackupPlan): string[] {
  const free = plan.bytesFree === undefined ? 'unknown' : formatBytes(plan.bytesFree);
  return [
    `would back up   ${plan.sourcePath} (${formatBytes(plan.bytes)}, ${plan.journalMode === 'wal' ? 'WAL' : 'rollback journal'})`,
    `to              ${plan.directory}`,
    `time            about ${formatSeconds(plan.secondsEstimate)}`,
    `compressed to   about ${formatBytes(plan.compressedBytesEstimate)}`,
    `disk            needs ${formatBytes(plan.bytesNeeded)}, free ${free}`,
    plan.journalMode === 'wal'
      ? 'writers held    not at all (WAL)'
      : `writers held    about ${formatSeconds(plan.holdMsEstimate / 1_000)} (at most ${formatSeconds(plan.holdMsMax / 1_000)} is allowed)`,
    ...plan.wouldRemove.map((path) => `would remove    ${path}`),
    ...(plan.isHoldTooLong
      ? [
          'would refuse: writers would be held too long; switch the source to WAL, or give --accept-hold',
        ]
      : []),
    ...(plan.isDiskTooFull ? ['would refuse: there is too little space; give another --out'] : []),
  ];
}
