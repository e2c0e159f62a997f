import { Command, Option } from 'commander';
import type { BrokenRule } from '../../steps/context.js';
import { type App, action } from '../app.js';
import type { MigrateReport, MigrateRequest } from '../engine/migrate.js';
import type { Invocation, Outcome } from '../invocation.js';
import { migrateOptions, prepareLedger } from '../migrate-options.js';
import { recordedRun } from '../recorded-run.js';
import { formatBytes, formatCount, formatRate, formatSeconds } from '../render/format.js';
import { printable } from '../render/printable.js';
import { requireSource } from '../require-source.js';
import { samePlace, shellLine } from '../shell.js';

interface MigrateFlags {
  source?: string;
  target?: string;
  jobs?: string;
  resume?: boolean;
  clean?: boolean;
  verify: boolean;
  onBadRow?: string;
  acceptHold?: boolean;
  follow?: boolean;
}

/** `cardctl migrate` */
export function migrateCommand(app: App): Command {
  return new Command('migrate')
    .description('load the source into the target, and prove that it arrived')
    .option('--source <file>', 'the SQLite database')
    .option('--target <url>', 'the Postgres database (default: the one cardctl runs itself)')
    .option('--jobs <n>', 'connections that load at the same time')
    .addOption(new Option('--resume', 'go on with the run that stopped').conflicts('clean'))
    .option('--clean', 'drop what the target holds first')
    .option('--no-verify', 'do not compare every value afterwards')
    .option('--on-bad-row <what>', 'a row the target cannot hold: fail, or reject it to a file')
    .option('--follow', 'log what changes meanwhile, apply it, and go on until stopped')
    .option('--accept-hold', 'hold the writers of the source for as long as the copy takes')
    .action(action(app, (invocation, flags: MigrateFlags) => run(invocation, flags, app.env)));
}

async function run(
  invocation: Invocation,
  flags: MigrateFlags,
  env: NodeJS.ProcessEnv,
): Promise<Outcome> {
  const { source, target, jobs, onBadRow } = flags;
  const config = await invocation.config({ source, target, jobs, onBadRow });
  const request = {
    sourcePath: requireSource(config, 'migrate'),
    workDir: config.workDir,
    options: await migrateOptions(invocation, config, flags),
  };
  if (invocation.options.dryRun) return planned(request, invocation);
  const { migrate } = await import('../engine/migrate.js');
  const targetUrl = config.target?.url ?? null;
  const facts = { source: request.sourcePath, target: config.target?.shown ?? 'embedded' };
  const prepareSource = () => prepareLedger(config);
  const loaded = await recordedRun(invocation, config, facts, async (journal) =>
    done(await migrate({ ...request, targetUrl, prepareSource, journal }, invocation), invocation),
  );
  if (flags.follow !== true) return loaded;
  invocation.report({ type: 'note', level: 'info', message: loaded.text });
  const { followConfigured } = await import('./follow.js');
  const followed = await followConfigured({ ...invocation, command: 'follow' }, config, env);
  return { ...followed, result: { ...loaded.result, followed: followed.result } };
}

async function planned(
  { options, ...request }: Pick<MigrateRequest, 'sourcePath' | 'workDir' | 'options'>,
  invocation: Invocation,
): Promise<Outcome> {
  const { refuseUselessSource } = await import('../engine/source.js');
  refuseUselessSource(request.sourcePath);
  const { planMigration } = await import('../../steps/migrate/dry-run.js');
  const { renderDryRun } = await import('../render/dry-run.js');
  const dryRun = await planMigration({ ...request, ...options }, invocation);
  const look = {
    colour: invocation.output.colorData,
    width: invocation.output.width,
    place: samePlace(invocation.options),
  };
  return { result: dryRun, text: renderDryRun(dryRun, look) };
}

async function done(report: MigrateReport, invocation: Invocation): Promise<Outcome> {
  const { tables, targetUrl, isEmbedded, verified, seconds } = report;
  if (isEmbedded) invocation.reveal(targetUrl);
  const rows = sum(tables.map((table) => table.rows));
  return {
    result: { ...report },
    summary: { rows, tables: tables.length, verified: verified?.equal ?? null, seconds },
    text: [
      await closingTable(report, invocation),
      '',
      ...brokenLines(report),
      `target: ${targetUrl}`,
      verified === null
        ? `next: ${shellLine(['cardctl', 'verify', ...samePlace(invocation.options)])}`
        : 'verified: every value is equal',
    ].join('\n'),
  };
}

function brokenLines({ brokenChecks, brokenForeignKeys }: MigrateReport): string[] {
  const line = (what: string, each: Omit<BrokenRule, 'rows'>, rows: number) => {
    const { table, name, outcome, examples } = each;
    const breaks = rows === 1 ? '1 row breaks it' : `${formatCount(rows)} rows break it`;
    const keys = printable(examples.join('; ')) + (rows > examples.length ? '; …' : '');
    return `${what} ${printable(name)} of ${printable(table)}: ${outcome}, ${breaks}: ${keys}`;
  };
  return [
    ...brokenChecks.map((each) => line('check', each, each.rows)),
    ...brokenForeignKeys.map((each) => line('foreign key', each, each.orphans)),
  ];
}

async function closingTable({ tables, phases, seconds }: MigrateReport, { output }: Invocation) {
  const { formatTable } = await import('../render/table.js');
  const look = { rightAligned: [1, 2, 3, 4, 5], color: output.colorData };
  const loaded = formatTable(
    ['table', 'rows', 'size', 'copy', 'index', 'rate'],
    tables.map(({ table, rows, bytes, copySeconds, indexSeconds }) => [
      table,
      formatCount(rows),
      formatBytes(bytes),
      formatSeconds(copySeconds),
      formatSeconds(indexSeconds),
      copySeconds > 0 ? formatRate(rows / copySeconds, 'rows') : '',
    ]),
    look,
  );
  const rows = sum(tables.map((table) => table.rows));
  const timed = formatTable(
    ['phase', 'time', 'rate'],
    [...phases, { phase: 'all', seconds }].map((it) => [
      it.phase,
      formatSeconds(it.seconds),
      formatRate(it.seconds > 0 ? rows / it.seconds : 0, 'rows'),
    ]),
    look,
  );
  return `${loaded}\n\n${timed}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
