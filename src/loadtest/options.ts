import { CardctlError } from '../lib/errors.js';
import type { BotApiOptions } from './bot-api.js';
import { type Spread, spreadOver, type Target } from './spread.js';
import type { Thresholds } from './verdict.js';

/** What a load test is told. */
export interface LoadOptions {
  users: number;
  /** Updates that are due each second. */
  ratePerSecond: number;
  durationSeconds: number;
  /** Where updates are posted: Nginx alone, or the bots with their weights. */
  targets: readonly Target[];
  /** Instead of them: weights that change while it runs. */
  spread?: Spread | undefined;
  /** The bots must expect it, as given to `setWebhook`. */
  secretToken: string;
  botApi: BotApiOptions;
  /** A new file; see `ledger.ts`. */
  ledgerPath: string;
  /** Ids rise by one from here; they must be above all that the bots have seen. */
  firstUpdateId: number;
  /** Existing players to play. */
  userIds?: readonly number[];
  /** Share of players whom the bot has never seen, 0 to 1. */
  newShare?: number;
  newUserIdFrom?: number;
  groupSize?: number;
  /** Share of updates that are writes, 0 to 1. */
  writesShare?: number;
  spacing?: 'even' | 'poisson';
  seed?: number;
  /** Posts in flight at most, 1 to 100. */
  connectionsMax?: number;
  /** Scales Telegram's retry ladder and timeouts; see `DeliveryOptions`. */
  timeScale?: number;
  /** How long to wait at the end for what is outstanding. After an abort at most 5 s. */
  drainSecondsMax?: number;
  /** The run ends when this many updates are outstanding. */
  backlogMax?: number;
  /** The bots' admin listeners, for the cache hit rate. */
  adminUrls?: readonly string[];
  adminToken?: string | undefined;
  thresholds?: Thresholds;
}

const LOAD_DEFAULTS = {
  userIds: [] as readonly number[],
  newShare: 0.1,
  newUserIdFrom: 8_000_000_000,
  groupSize: 20,
  writesShare: 0.3,
  spacing: 'poisson' as 'even' | 'poisson',
  seed: 1,
  connectionsMax: 40,
  timeScale: 1,
  drainSecondsMax: 60,
  backlogMax: 100_000,
  adminUrls: [] as readonly string[],
  adminToken: undefined as string | undefined,
  thresholds: {} as Thresholds,
};

export type CompleteOptions = Required<Omit<LoadOptions, 'adminToken' | 'spread'>> & {
  adminToken: string | undefined;
  spread: Spread;
};

/** @throws CardctlError `usage` that lists every problem */
export function completeOptions(options: LoadOptions): CompleteOptions {
  const complete = { ...LOAD_DEFAULTS, ...options };
  const problems = problemsOf(complete);
  if (problems.length === 0) {
    return { ...complete, spread: options.spread ?? spreadOver(options.targets) };
  }
  throw new CardctlError('usage', `the load test cannot run: ${problems.join('; ')}`, {
    details: { problems },
  });
}

function problemsOf(
  options: Omit<CompleteOptions, 'spread'> & Pick<LoadOptions, 'spread'>,
): string[] {
  const { targets, userIds, connectionsMax, writesShare, newShare } = options;
  const isSpread = options.spread !== undefined;
  const isShare = (value: number) => value >= 0 && value <= 1;
  return [
    [isCount(options.users), 'users must be a whole number from 1'],
    [options.ratePerSecond > 0, 'the rate must be above 0'],
    [options.durationSeconds > 0, 'the duration must be above 0 s'],
    [isCount(options.groupSize), 'the group size must be a whole number from 1'],
    [isCount(options.firstUpdateId), 'the first update id must be a whole number from 1'],
    [isCount(connectionsMax) && connectionsMax <= 100, 'connections must be 1 to 100'],
    [isShare(writesShare), 'the share of writes must be 0 to 1'],
    [isShare(newShare), 'the share of new players must be 0 to 1'],
    [options.timeScale > 0, 'the time scale must be above 0'],
    [isSpread || targets.some(({ weight }) => weight > 0), 'no target has a weight above 0'],
    [targets.every(({ weight }) => isCount(weight + 1)), 'weights must be whole numbers from 0'],
    [targets.every(({ url }) => URL.canParse(url)), 'every target must be a URL'],
    [userIds.every(isCount), 'user ids must be whole numbers up to 2^53, as Telegram gives them'],
  ].flatMap(([isRight, problem]) => (isRight === true ? [] : [String(problem)]));
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
