import { Command } from 'commander';
import { type App, action } from '../app.js';
import type { Config } from '../config/index.js';
import type { Invocation, Outcome } from '../invocation.js';
import { pairRequest } from '../pair-request.js';
import { recordedRun } from '../recorded-run.js';
import { requireSource } from '../require-source.js';

interface FinishFlags {
  source?: string;
  target?: string;
  confirm?: string;
}

/** What has to be typed: the point of no return is passed by nobody who is half asleep. */
const PHRASE = 'no way back';

/** `cardctl finish` */
export function finishCommand(app: App): Command {
  return new Command('finish')
    .description('end the move: archive SQLite, take the scaffolding away. There is no way back')
    .option('--source <file>', 'the SQLite database')
    .option('--target <url>', 'the Postgres database (default: the one cardctl runs itself)')
    .option('--confirm <phrase>', `what would be typed: "${PHRASE}"`)
    .action(action(app, (invocation, flags: FinishFlags) => run(invocation, flags)));
}

async function run(
  invocation: Invocation,
  { source, target, confirm }: FinishFlags,
): Promise<Outcome> {
  const config = await invocation.config({ source, target });
  const request = pairRequest(config, 'finish');
  const { checkFinish, finishMove } = await import('../engine/finish.js');
  if (invocation.options.dryRun) {
    await checkFinish(request, await percentOf(config), invocation);
    const text =
      'would back SQLite up for the last time, and take triggers, change log and fence away from Postgres';
    return { result: { finished: false }, text };
  }
  await checkFinish(request, await percentOf(config), invocation);
  if (confirm !== PHRASE) await invocation.confirmTyped(PHRASE, QUESTION);
  return recordedRun(invocation, config, { source: request.sourcePath }, async () => {
    const archive = await lastBackup(invocation, config);
    const { foreignKeys } = await finishMove(request, invocation);
    return {
      result: { finished: true, archive, foreignKeys },
      text: [
        `the last of SQLite is in ${archive}; the file itself stays closed to all writers`,
        ...foreignKeys.map(
          ({ table, name, detail }) =>
            `foreign key ${name} of ${table} holds for new rows only: ${detail}`,
        ),
        'Postgres is on its own: the move is done',
      ].join('\n'),
    };
  });
}

const QUESTION = 'From here on SQLite is not kept equal any more, and nothing leads back to it.';

async function percentOf(config: Config): Promise<number | null> {
  const { fleetPercent } = await import('../engine/move-status.js');
  return fleetPercent(config);
}

/** It does not count against `keep`: nothing is removed any more. */
async function lastBackup({ report, clock, signal }: Invocation, config: Config): Promise<string> {
  const { writeBackup } = await import('../../steps/backup/index.js');
  const { directory } = await writeBackup({
    sourcePath: requireSource(config, 'finish'),
    outDir: config.backup.out,
    keep: undefined,
    check: true,
    holdMsMax: config.backup.holdMsMax,
    acceptHold: true,
    report,
    clock,
    signal,
  });
  return directory;
}
