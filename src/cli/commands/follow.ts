import { Command } from 'commander';
import { type App, action } from '../app.js';
import type { Config } from '../config/index.js';
import { faultFrom } from '../fault.js';
import type { Invocation, Outcome } from '../invocation.js';
import { pairRequest } from '../pair-request.js';
import { recordedBesides, recordedRun } from '../recorded-run.js';

interface FollowFlags {
  source?: string;
  target?: string;
  remove?: boolean;
}

/** `cardctl follow` */
export function followCommand(app: App): Command {
  return new Command('follow')
    .description('keep the side that is not the authority equal to it, until it is stopped')
    .option('--source <file>', 'the SQLite database')
    .option('--target <url>', 'the Postgres database (default: the one cardctl runs itself)')
    .option('--remove', 'stop following for good: take triggers, change log and fence away')
    .action(
      action(app, (invocation, flags: FollowFlags) =>
        flags.remove === true ? remove(invocation, flags) : run(invocation, flags, app.env),
      ),
    );
}

async function run(
  invocation: Invocation,
  { source, target }: FollowFlags,
  env: NodeJS.ProcessEnv,
): Promise<Outcome> {
  return followConfigured(invocation, await invocation.config({ source, target }), env);
}

/** Follows until the signal. */
export async function followConfigured(
  invocation: Invocation,
  config: Config,
  env: NodeJS.ProcessEnv,
): Promise<Outcome> {
  const request = pairRequest(config, 'follow');
  const shown = config.target?.shown ?? 'embedded';
  if (invocation.options.dryRun) {
    const text = `would keep ${shown} and ${request.sourcePath} equal`;
    return { result: { source: request.sourcePath, target: shown }, text };
  }
  const { followPair } = await import('../engine/follow.js');
  const facts = { source: request.sourcePath, target: shown };
  return recordedBesides(invocation, config, facts, async () => {
    const { follow, promote } = config.move;
    const { listen } = follow;
    const token = config.stacks.runtime.adminToken;
    const totals = await followPair(
      {
        ...request,
        redisUrls: config.stacks.redis,
        listen: listen === null ? null : { ...listen, token },
        // Longer than a promote that lives ever takes.
        fenceMsMax: 3 * promote.catchUpMsMax,
        fault: faultFrom(env),
      },
      invocation,
    );
    return { result: { ...totals }, text: 'stopped; the follower stands where it was' };
  });
}

async function remove(invocation: Invocation, { source, target }: FollowFlags): Promise<Outcome> {
  const config = await invocation.config({ source, target });
  const request = pairRequest(config, 'follow');
  if (invocation.options.dryRun) {
    const text = 'would take triggers, change log and fence away from both databases';
    return { result: { removed: false }, text };
  }
  await invocation.confirm(
    'Stop following for good? The target is then no copy any more, and has to be loaded anew.',
  );
  const { removeFollow } = await import('../engine/remove-follow.js');
  return recordedRun(invocation, config, { source: request.sourcePath }, async () => {
    const { foreignKeys } = await removeFollow(request, invocation);
    return {
      result: { removed: true, foreignKeys },
      text: 'both databases are as they were before; the source is the authority',
    };
  });
}
