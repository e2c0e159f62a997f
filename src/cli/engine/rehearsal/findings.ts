import { TELEGRAM_LIMITS } from '../../../bot/outbound/limits.js';
import type { Assessment } from '../../../steps/assess/index.js';
import type { Deps } from '../../../steps/step.js';
import type { Config } from '../../config/index.js';
import type { RehearseRequest } from './request.js';

/** What the data itself brings. */
export function findingsOf(assessed: Assessment): string[] {
  return [
    ...assessed.problems.map(
      ({ table, column, message }) => `${table}.${column} cannot be moved: ${message}`,
    ),
    ...assessed.notMoved.map(({ name, reason }) => `not moved: ${name}: ${reason}`),
    ...assessed.brokenForeignKeys.map(
      ({ table, orphans }) => `${orphans} rows of ${table} break a foreign key`,
    ),
    ...assessed.tablesWithoutKey.map(
      (table) => `${table} has no key: its changes cannot be followed`,
    ),
  ];
}

/** Nobody knows how to start somebody's own bot, and which of its effects to leave out. */
export function standIns({ stacks }: Config): string[] {
  return stacks.bots
    .filter(({ stack, adminUrl }) => stack === 'legacy' && adminUrl === undefined)
    .map(
      ({ name }) => `${name} is no cardbot: one stood in for it, so its own ways were not tried`,
    );
}

/** Of the limit that the real bots keep, and the rehearsed ones did not. */
export function messageFindings(
  { stacks }: Config,
  { messagesPerSecond }: { messagesPerSecond: number },
): string[] {
  const limit = stacks.runtime.messagesPerSecond ?? TELEGRAM_LIMITS.perSecond;
  if (messagesPerSecond <= limit) return [];
  return [
    `so many updates bring ${messagesPerSecond.toFixed(0)} messages a second, and a bot sends ${limit}: replies would wait. Have Telegram allow more, and set runtime.messagesPerSecond`,
  ];
}

/** Of the disk that a backup of the real source would go to. */
export async function diskFindings(
  { config, sourcePath, acceptHold }: RehearseRequest,
  deps: Deps,
): Promise<string[]> {
  const { planBackup } = await import('../../../steps/backup/index.js');
  const { out, holdMsMax } = config.backup;
  const plan = await planBackup({ ...deps, sourcePath, outDir: out, holdMsMax, acceptHold });
  return [
    ...(plan.isDiskTooFull ? [`the disk of ${out} is too full for a backup`] : []),
    ...(plan.isHoldTooLong
      ? [`a backup would hold writers for ${Math.round(plan.holdMsEstimate)} ms`]
      : []),
  ];
}
