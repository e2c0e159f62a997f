import { Command } from 'commander';
import type { Difference } from '../../steps/context.js';
import { type App, action } from '../app.js';
import type { VerifyOptions, VerifyReport } from '../engine/verify.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { Invocation, Outcome, Run } from '../invocation.js';
import { recordedRun } from '../recorded-run.js';
import { formatCount, formatSeconds } from '../render/format.js';
import { requireSource } from '../require-source.js';
import { samePlace, shellLine } from '../shell.js';
import { wholeNumber } from '../whole-number.js';

/** How many differences are named unless --limit says otherwise. */
const LIMIT = 20;

interface VerifyFlags {
  source?: string;
  target?: string;
  counts?: boolean;
  table?: string[];
  limit: number;
  repair?: boolean;
  acceptHold?: boolean;
}

/** `cardctl verify` */
export function verifyCommand(app: App): Command {
  return new Command('verify')
    .description('compare every value of the source with the target; exit 0 equal, 3 different')
    .option('--source <file>', 'the SQLite database')
    .option('--target <url>', 'the Postgres database (default: the one cardctl runs itself)')
    .option('--counts', 'compare row counts only')
    .option('--table <name...>', 'compare these tables only')
    .option('--repair', 'have what differs copied again, while the target follows')
    .option('--accept-hold', 'hold the writers of the source for as long as the copy takes')
    .option('--limit <n>', 'name at most n differences', wholeNumber, LIMIT)
    .action(action(app, run));
}

const run: Run<VerifyFlags> = async (
  invocation,
  { source, target, counts, table, limit, repair, acceptHold },
) => {
  const config = await invocation.config({ source, target });
  const { moveRules } = await import('../config/move-rules.js');
  const options: VerifyOptions = {
    sourcePath: requireSource(config, 'verify'),
    targetUrl: config.target?.url ?? null,
    workDir: config.workDir,
    rules: moveRules(config),
    counts: counts === true,
    tables: table ?? [],
    limit,
    repair: repair === true,
    holdMsMax: config.backup.holdMsMax,
    acceptHold,
  };
  if (invocation.options.dryRun) return planned(options, invocation);
  const { verify } = await import('../engine/verify.js');
  const facts = { source: options.sourcePath, target: config.target?.shown ?? 'embedded' };
  return recordedRun(invocation, config, facts, async () =>
    reported(await verify(options, invocation), options.counts, {
      ...invocation,
      // The target's URL may hold a password.
      place: [
        ...(source === undefined ? [] : ['--source', source]),
        ...(target === undefined ? [] : ['--target', 'URL']),
        ...samePlace(invocation.options),
      ],
    }),
  );
};

async function planned(options: VerifyOptions, invocation: Invocation): Promise<Outcome> {
  const { refuseUselessSource } = await import('../engine/source.js');
  refuseUselessSource(options.sourcePath);
  const { planVerify } = await import('../../steps/verify/dry-run.js');
  const { formatTable } = await import('../render/table.js');
  const plan = await planVerify(options, invocation);
  const table = formatTable(
    ['table', 'rows', 'ordered by', 'columns'],
    plan.tables.map((each) => [
      each.table,
      formatCount(each.rows),
      each.orderedBy.join(', '),
      each.columns.join(', '),
    ]),
    { rightAligned: [1], color: invocation.output.colorData },
  );
  return {
    result: plan,
    text: `${table}\n\nwould compare ${formatCount(plan.rows)} rows in about ${formatSeconds(plan.expected.seconds)} (${plan.expected.basis})`,
  };
}

async function reported(
  result: VerifyReport,
  counts: boolean,
  look: DifferencesLook,
): Promise<Outcome> {
  const { equal, tables, differences, differencesTotal, isLive } = result;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const what = counts ? 'row counts' : 'every value';
  const text = equal
    ? `equal${isLive ? ', live' : ''}: ${what} of ${formatCount(rows)} rows in ${formatCount(tables.length)} tables`
    : await differencesText(result, look);
  return {
    result: { ...result },
    summary: { equal, tables: tables.length, rows, differencesTotal, named: differences.length },
    text,
    exitCode: equal ? EXIT_CODES.done : EXIT_CODES.refused,
  };
}

interface DifferencesLook extends Pick<Invocation, 'output'> {
  /** The flags without which the next command would not find the same two sides. */
  place: readonly string[];
}

async function differencesText(
  { differences, differencesTotal, isLive, repaired }: VerifyReport,
  { output, place }: DifferencesLook,
): Promise<string> {
  const { formatTable } = await import('../render/table.js');
  const head = ['table', 'key', 'what', 'column', 'source', 'target'];
  const table = formatTable(head, differences.map(rowOf), { color: output.colorData });
  const unnamed = differencesTotal - differences.length;
  const more =
    unnamed === 0
      ? []
      : [`and ${formatCount(unnamed)} more: name them with --limit ${differencesTotal}`];
  const next = (...words: string[]) => shellLine(['cardctl', ...words, ...place]);
  return [
    table,
    ...more,
    '',
    `different: ${formatCount(differencesTotal)} in all`,
    repaired > 0
      ? `next: ${next('verify')}   (${formatCount(repaired)} rows are being copied again)`
      : isLive
        ? `next: ${next('verify', '--repair')}   (has them copied again)`
        : `next: ${next('migrate', '--clean')}   (loads the target anew)`,
  ].join('\n');
}

function rowOf({ table, key, kind, column, source, target }: Difference): string[] {
  return [table, key, kind, column ?? '', source ?? '', target ?? ''];
}
