import { Command } from 'commander';
import { type App, action } from '../app.js';
import type { RehearseRequest } from '../engine/rehearsal/request.js';
import { EXIT_CODES, type ExitCode } from '../exit-codes.js';
import type { Invocation, Outcome } from '../invocation.js';
import { recordedRun } from '../recorded-run.js';
import { formatCount } from '../render/format.js';
import { requireSource } from '../require-source.js';
import { wholeNumber } from '../whole-number.js';

interface RehearseFlags {
  source?: string;
  players: number;
  rps: number;
  minutes: number;
  acceptHold?: boolean;
}

/** `cardctl rehearse` */
export function rehearseCommand(app: App): Command {
  return new Command('rehearse')
    .description('play the whole cutover and its rollback on copies, with simulated players')
    .option('--source <file>', 'the SQLite database; it is only read')
    .option('--players <n>', 'virtual players', wholeNumber, 500)
    .option('--rps <n>', 'updates a second, as many as the real players send', wholeNumber, 50)
    .option('--minutes <n>', 'how long all gates together may take', wholeNumber, 10)
    .option('--accept-hold', 'hold the writers of the source for as long as the copy takes')
    .action(action(app, run));
}

async function run(invocation: Invocation, flags: RehearseFlags): Promise<Outcome> {
  const { source, players, rps, minutes, acceptHold = false } = flags;
  const config = await invocation.config({ source });
  const { planCutover } = await import('../../steps/cutover/plan.js');
  const { steps, promoteAfter } = config.cutover;
  const plan = planCutover({ steps, promoteAfter, isPromoteAfterGiven: false }, config.stacks.bots);
  const sourcePath = requireSource(config, 'rehearse');
  const request = { config, sourcePath, plan, players, rps, minutes, acceptHold };
  if (invocation.options.dryRun) return planned(request);
  const { rehearse } = await import('../engine/rehearsal/rehearse.js');
  const { rehearsalText } = await import('../render/rehearsal.js');
  const facts = { source: sourcePath, players, rps, minutes };
  return recordedRun(invocation, config, facts, async () => {
    const report = await rehearse(request, invocation);
    const { result, reason, isBalanced } = report;
    return {
      result: report,
      summary: { result, reason, isBalanced },
      text: rehearsalText(report, { color: invocation.output.colorData }),
      exitCode: isBalanced === false ? EXIT_CODES.refused : EXIT_BY_RESULT[result],
    };
  });
}

const EXIT_BY_RESULT = {
  passed: EXIT_CODES.done,
  held: EXIT_CODES.undecided,
  'rolled back': EXIT_CODES['rolled-back'],
  stopped: EXIT_CODES.refused,
  'cannot be moved': EXIT_CODES.refused,
} as const satisfies Record<string, ExitCode>;

function planned({ config, sourcePath, plan, players, rps, minutes }: RehearseRequest): Outcome {
  const bots = config.stacks.bots.map(({ name }) => name);
  return {
    result: { source: sourcePath, ...plan, players, rps, minutes, bots },
    text: [
      `would copy ${sourcePath}, and start a Postgres, an Nginx and ${bots.length} bots of their own on this machine: ${bots.join(', ')}`,
      `would play ${formatCount(players)} players, ${formatCount(rps)} updates/s, through ${plan.steps.join('%, ')}%, Postgres the authority after ${plan.promoteAfter}%, and back again; within about ${formatCount(minutes)} min`,
      'would remove all of it again; nothing was changed',
    ].join('\n'),
  };
}
