import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../lib/clock.js';
import { deadlineIn } from '../lib/deadline.js';
import type { PlayEvent } from '../lib/report.js';
import { runArrivals } from './arrivals.js';
import { type BotApi, startBotApi } from './bot-api.js';
import { cacheHitRate, readCacheCounts } from './cache-metrics.js';
import { type Crowd, createCrowd, type PlayerUpdate } from './crowd.js';
import { type Delivery, startDelivery } from './delivery.js';
import { createDice } from './dice.js';
import { type Ledger, openLedger } from './ledger.js';
import { type CompleteOptions, completeOptions, type LoadOptions } from './options.js';
import { startProgress } from './progress.js';
import { recordDelivery } from './record-delivery.js';
import { type EndedBy, type LoadReport, makeReport } from './report.js';
import { createTally, sum, type Tally } from './tally.js';

/** What a running load test tells. */
export type LoadEvent =
  /** The Bot API answers at `url`; updates follow. */
  { type: 'listening'; url: string } | PlayEvent;

export interface LoadDeps {
  clock: Clock;
  /** Ends the load early; there is still a report. */
  signal: AbortSignal;
  report: (event: LoadEvent) => void;
}

/** After an abort nobody wants to wait long. */
const ABORTED_DRAIN_SECONDS_MAX = 5;

/** Bots may still send replies to what they have acknowledged; then the Bot API closes. */
const QUIET_MS = 250;
const QUIET_ROUNDS_MAX = 20;

/**
 * Plays Telegram and its players against a bot, at a fixed rate of updates.
 *
 * @throws CardctlError `usage` for options that cannot be, or when the ledger cannot be written;
 *   `edge` when the Bot API cannot listen
 */
export async function runLoadtest(options: LoadOptions, deps: LoadDeps): Promise<LoadReport> {
  const complete = completeOptions(options);
  const { clock } = deps;
  const ledger = openLedger(complete.ledgerPath, complete.firstUpdateId, clock.now());
  try {
    return await loadAndReport(complete, deps, ledger);
  } finally {
    ledger.close();
  }
}

async function loadAndReport(
  options: CompleteOptions,
  deps: LoadDeps,
  ledger: Ledger,
): Promise<LoadReport> {
  const { clock } = deps;
  const hitsBefore = await readCacheCounts(options.adminUrls, options.adminToken);
  const world = await startWorld(options, deps, ledger);
  const { tally, delivery, botApi, crowd } = world;
  const cpu = process.cpuUsage();
  const startedMs = clock.monotonicMs();
  const progress = startProgress(world, clock, deps.report);
  try {
    deps.report({ type: 'listening', url: botApi.url });
    const endedBy = await load(options, world, deps);
    const loadedMs = clock.monotonicMs();
    progress.phase('drain');
    await drain(options, world, deps);
    const drainedMs = clock.monotonicMs();
    const { user, system } = process.cpuUsage(cpu);
    const left = await delivery.stop();
    if (world.failure !== undefined) throw world.failure;
    // An update without an answer is slower than all others: left out, it would look like none.
    for (const { dueMs } of left) tally.latencies.record(drainedMs - dueMs);
    await untilQuiet(botApi);
    return makeReport({
      endedBy,
      options,
      seconds: (loadedMs - startedMs) / 1_000,
      drainSeconds: (drainedMs - loadedMs) / 1_000,
      cpuSeconds: (user + system) / 1_000_000,
      tally,
      retries: delivery.retries,
      unfinished: left.length + tally.givenUp,
      duplicateReplies: crowd.replies.duplicates,
      callbackAnswersLate: crowd.replies.answersLate(),
      cacheHitRate: cacheHitRate(
        hitsBefore,
        await readCacheCounts(options.adminUrls, options.adminToken),
      ),
      botApi,
    });
  } finally {
    progress.stop();
    await delivery.stop();
    await botApi.close();
  }
}

/** What is at work during a load test. */
interface World {
  tally: Tally;
  botApi: BotApi;
  crowd: Crowd;
  delivery: Delivery<PlayerUpdate>;
  /** Aborted when the ledger cannot be written any more: nothing may be sent then. */
  broken: AbortSignal;
  failure: unknown;
}

async function startWorld(
  options: CompleteOptions,
  { clock }: LoadDeps,
  ledger: Ledger,
): Promise<World> {
  const broken = new AbortController();
  const tally = createTally();
  // Nobody calls before the next line has run: the server has only begun to listen.
  const botApi = await startBotApi(options.botApi, {
    clock,
    roll: createDice(options.seed + 1).roll,
    webhookInfo: () => ({
      url: options.spread.url,
      pendingUpdates: delivery.backlog,
      connectionsMax: options.connectionsMax,
      lastError: delivery.lastError,
    }),
    onCall: (call) => crowd.see(call),
  });
  const dice = createDice(options.seed);
  const crowd = createCrowd(options, botApi.nextMessageId, { dice, clock });
  const onBroken = (error: unknown) => {
    world.failure ??= error;
    broken.abort();
    void delivery.stop();
  };
  const events = recordDelivery({ tally, crowd, botApi, ledger, clock, onBroken });
  const delivery = startDelivery(options, events, clock);
  const world: World = {
    tally,
    botApi,
    crowd,
    delivery,
    broken: broken.signal,
    failure: undefined,
  };
  return world;
}

async function load(
  options: CompleteOptions,
  { tally, crowd, delivery, broken }: World,
  { clock, signal }: LoadDeps,
): Promise<EndedBy> {
  const full = new AbortController();
  const onDue = (dueMs: number[]) => {
    const nowMs = clock.monotonicMs();
    for (const ms of dueMs) tally.behind.record(nowMs - ms);
    tally.due += dueMs.length;
    delivery.deliver(dueMs.map((ms) => crowd.act(ms)));
    if (delivery.backlog > options.backlogMax) full.abort();
  };
  await runArrivals({ ...options, durationMs: options.durationSeconds * 1_000 }, onDue, {
    clock,
    // Not the players' dice: how these fall depends on the replies.
    dice: createDice(options.seed + 2),
    signal: AbortSignal.any([signal, broken, full.signal]),
  });
  if (full.signal.aborted) return 'backlog';
  return signal.aborted ? 'abort' : 'duration';
}

async function drain(
  { drainSecondsMax }: CompleteOptions,
  { delivery, broken }: World,
  { signal }: LoadDeps,
): Promise<void> {
  const isAborted = signal.aborted;
  const seconds = isAborted
    ? Math.min(drainSecondsMax, ABORTED_DRAIN_SECONDS_MAX)
    : drainSecondsMax;
  const limits = [deadlineIn(seconds * 1_000), broken];
  await delivery.drained(AbortSignal.any(isAborted ? limits : [...limits, signal]));
}

async function untilQuiet({ calls }: BotApi): Promise<void> {
  const total = () => sum(calls);
  for (let before = -1, round = 0; before !== total() && round < QUIET_ROUNDS_MAX; round += 1) {
    before = total();
    await sleep(QUIET_MS);
  }
}
