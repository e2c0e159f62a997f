import { Command } from 'commander';
import type { StoreKind } from '../../sync/authority.js';
import { type App, action } from '../app.js';
import type { SwitchReport, SwitchRequest } from '../engine/switch.js';
import type { Invocation, Outcome } from '../invocation.js';
import { recordedRun } from '../recorded-run.js';
import { samePlace, shellLine } from '../shell.js';
import { switchRequest } from '../switch-request.js';

interface SwitchFlags {
  source?: string;
  target?: string;
  backup: boolean;
}

/** `cardctl promote` */
export function promoteCommand(app: App): Command {
  return switchCommand(app, 'promote', 'postgres')
    .description('move the authority to Postgres: players wait for less than a second')
    .option('--no-backup', 'although there is no verified backup of the source');
}

/** `cardctl demote` */
export function demoteCommand(app: App): Command {
  return switchCommand(app, 'demote', 'sqlite').description(
    'move the authority back to SQLite, which has everything that happened since',
  );
}

function switchCommand(app: App, name: 'promote' | 'demote', to: StoreKind): Command {
  return new Command(name)
    .option('--source <file>', 'the SQLite database')
    .option('--target <url>', 'the Postgres database (default: the one cardctl runs itself)')
    .action(
      action(app, async (invocation, flags: SwitchFlags) => {
        const config = await invocation.config({ source: flags.source, target: flags.target });
        const request = await switchRequest(config, name, to, flags.backup, app.env);
        if (invocation.options.dryRun) return planned(request, invocation);
        const facts = { source: request.sourcePath, to };
        return recordedRun(invocation, config, facts, () => run(request, invocation));
      }),
    );
}

async function planned(request: SwitchRequest, invocation: Invocation): Promise<Outcome> {
  const { checkSwitch } = await import('../engine/switch.js');
  const { facts, checks } = await checkSwitch(request, invocation);
  const lines = checks.map(
    ({ what, problem }) =>
      `${problem === null ? '✓' : '✗'} ${what}${problem === null ? '' : `: ${problem}`}`,
  );
  const { store, epoch } = facts.authority;
  return {
    result: { authority: facts.authority, unfinished: facts.unfinished, checks },
    text: [...lines, `${store} is the authority, epoch ${epoch}; nothing was changed`].join('\n'),
  };
}

async function run(request: SwitchRequest, invocation: Invocation): Promise<Outcome> {
  const { switchPair } = await import('../engine/switch.js');
  const report = await switchPair(request, invocation);
  return {
    result: { ...report, to: request.to },
    text: switchText(request.to, report, invocation),
  };
}

/** What an operator wants to know afterwards. */
export function switchText(
  to: StoreKind,
  { changed, epoch, pauseMs, isFollowed }: SwitchReport,
  { options }: Invocation,
): string {
  const follow = shellLine(['cardctl', 'follow', ...samePlace(options)]);
  return [
    changed
      ? `${to} is the authority, epoch ${epoch}; writes paused for ${Math.round(pauseMs)} ms`
      : `${to} was the authority already, epoch ${epoch}; nothing was changed`,
    ...(isFollowed ? [] : [`nobody follows: the way back grows longer. next: ${follow}`]),
  ].join('\n');
}
