import type { Clock } from '../lib/clock.js';
import type { BotApi } from './bot-api.js';
import type { Crowd, PlayerUpdate } from './crowd.js';
import type { DeliveryEvents } from './delivery.js';
import { isWrite } from './kinds.js';
import type { Ledger } from './ledger.js';
import { count, LATE_MS, type Tally } from './tally.js';

interface Recorders {
  tally: Tally;
  crowd: Crowd;
  botApi: BotApi;
  ledger: Ledger;
  clock: Clock;
  /** The ledger cannot be written any more: stop sending. */
  onBroken: (error: unknown) => void;
}

/** Writes down, counts and passes on what becomes of each update. */
export function recordDelivery(recorders: Recorders): DeliveryEvents<PlayerUpdate> {
  const { tally, crowd, botApi, ledger, clock, onBroken } = recorders;
  const orBreak = (write: () => void) => {
    try {
      write();
    } catch (error) {
      onBroken(error);
    }
  };
  return {
    sending: (updates) => {
      orBreak(() => ledger.sent(updates.map(toLedger)));
      for (const update of updates) {
        tally.sent += 1;
        if (isWrite(update.kind)) tally.writesSent += 1;
        crowd.replies.posted(update);
      }
    },
    acknowledged: (update, attempts, { stack, byForeign, body }) => {
      orBreak(() => ledger.acknowledged(update.updateId, clock.now(), { attempts, byForeign }));
      const ms = clock.monotonicMs() - update.dueMs;
      tally.acknowledged += 1;
      if (isWrite(update.kind)) tally.writesAcknowledged += 1;
      if (ms > LATE_MS) tally.late += 1;
      if (stack !== undefined) count(tally.stacks, stack);
      tally.latencies.record(ms);
      tally.lastSecond.record(ms);
      if (body !== '') botApi.callFromWebhook(body, update.updateId);
    },
    failed: (_update, kind) => count(tally.errors, kind),
    givenUp: ({ dueMs }) => {
      tally.givenUp += 1;
      tally.latencies.record(clock.monotonicMs() - dueMs);
    },
  };
}

function toLedger({ updateId, player, kind }: PlayerUpdate) {
  return { updateId, userId: player.userId, kind };
}
