import { listBackups, sourceIdOf } from '../../snapshot/archive/layout.js';
import type { PromoteCheck } from '../../steps/promote/checks.js';
import type { StoreKind } from '../../sync/authority.js';
import type { Config } from '../config/index.js';
import { fleetPercent } from './move-status.js';

/** How long a bot may take to say that it is ready, milliseconds. */
const READY_MS_MAX = 3_000;

/** What a change of authority needs besides the two databases. */
export async function surroundingsOf(
  config: Config,
  to: StoreKind,
  wantsBackup: boolean,
): Promise<PromoteCheck[]> {
  return [
    ...(to === 'postgres' && wantsBackup ? [backupCheck(config)] : []),
    ...(to === 'postgres' ? await foreignCheck(config) : []),
    ...(await botChecks(config, to)),
  ];
}

/**
 * Somebody's own bot knows of no authority: once SQLite is fenced, it can neither write nor hand
 * over, and fails whatever it is given.
 */
async function foreignCheck(config: Config): Promise<PromoteCheck[]> {
  const foreign = config.stacks.bots.find((bot) => bot.foreign !== undefined);
  if (foreign === undefined) return [];
  const percent = await fleetPercent(config);
  const share = percent === null ? 'an unknown share' : `${100 - percent}%`;
  return [
    {
      what: `the foreign bot ${foreign.name} is without traffic`,
      problem: percent === 100 ? null : `it gets ${share} of it`,
      hint: 'give it all to the fleet, which hands writes over: cardctl shift --percent 100',
    },
  ];
}

function backupCheck({ source, backup }: Config): PromoteCheck {
  const id = source === null ? null : sourceIdOf(source);
  const whole = listBackups(backup.out).some(
    ({ manifest }) => manifest.source.id === id && manifest.checks.integrity.result === 'ok',
  );
  return {
    what: 'a verified backup of the source',
    problem: whole ? null : `there is none in ${backup.out}`,
    hint: 'make one: cardctl backup   or go on without: --no-backup',
  };
}

/**
 * Every bot must be there to learn of a promote; a foreign one learns of nothing. A demote is for the
 * case that the fleet is not well.
 */
async function botChecks({ stacks }: Config, to: StoreKind): Promise<PromoteCheck[]> {
  const { refuseUnready } = await import('../../edge/ready.js');
  const token = stacks.runtime.adminToken ?? undefined;
  const bots = stacks.bots.filter(({ stack }) => to === 'postgres' || stack === 'legacy');
  return Promise.all(
    bots.map(async (bot) => {
      const problem = await refuseUnready([bot], { token, timeoutMsMax: READY_MS_MAX }).then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      return {
        what: `bot ${bot.name} is ready`,
        problem,
        hint: `look at its log, or at ${bot.foreign?.url ?? `${bot.adminUrl ?? 'it'}/readyz`}`,
      };
    }),
  );
}
