import { Command } from 'commander';
import { type App, action } from '../app.js';
import type { Config } from '../config/index.js';
import type { Invocation, Outcome } from '../invocation.js';
import { recordedRun } from '../recorded-run.js';
import { switchRequest } from '../switch-request.js';
import { switchText } from './switch.js';

interface RollbackFlags {
  source?: string;
  target?: string;
}

/** `cardctl rollback` */
export function rollbackCommand(app: App): Command {
  return new Command('rollback')
    .description('take everything back: traffic to the legacy bots, authority to SQLite')
    .option('--source <file>', 'the SQLite database')
    .option('--target <url>', 'the Postgres database (default: the one cardctl runs itself)')
    .action(action(app, (invocation, flags: RollbackFlags) => run(invocation, flags, app.env)));
}

async function run(
  invocation: Invocation,
  { source, target }: RollbackFlags,
  env: NodeJS.ProcessEnv,
): Promise<Outcome> {
  const config = await invocation.config({ source, target });
  if (invocation.options.dryRun) {
    const text = 'would give all traffic to the legacy bots, and make SQLite the authority';
    return { result: { percent: 0, to: 'sqlite' }, text };
  }
  return recordedRun(invocation, config, { to: 'sqlite' }, () => rollBack(invocation, config, env));
}

/**
 * The whole way back, whatever state it finds. First the authority: legacy bots then execute what
 * they are given, and the fleet hands over what it still gets. The weights can follow at leisure.
 */
async function rollBack(
  invocation: Invocation,
  config: Config,
  env: NodeJS.ProcessEnv,
): Promise<Outcome> {
  const { switchPair } = await import('../engine/switch.js');
  const request = await switchRequest(config, 'rollback', 'sqlite', false, env);
  const report = await switchPair(request, invocation);
  const hasEdge = config.stacks.bots.length > 0;
  const shifted = hasEdge ? await shiftBack(invocation, config) : null;
  return {
    result: { ...report, to: 'sqlite', percent: shifted },
    text: [
      switchText('sqlite', report, invocation),
      ...(hasEdge ? ['all traffic goes to the legacy bots'] : []),
    ].join('\n'),
  };
}

async function shiftBack(invocation: Invocation, config: Config): Promise<number> {
  const { shiftTo } = await import('../engine/shift.js');
  const observe = { requests: 200, secondsMax: 10 };
  await shiftTo(config, { percent: 0, observe }, invocation);
  return 0;
}
