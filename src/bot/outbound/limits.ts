/**
 * What Telegram bears: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
 * Edits and answers to presses are not messages; what is too much of them is told by a 429.
 */
export interface Limits {
  /** Messages a second in one chat. */
  perChatPerSecond: number;
  /** Messages a minute in one group. */
  perGroupPerMinute: number;
  /** Messages a second in all. */
  perSecond: number;
}

export const TELEGRAM_LIMITS: Limits = {
  perChatPerSecond: 1,
  perGroupPerMinute: 20,
  perSecond: 30,
};

/** A chat bears some messages at once before it is held to one a second. */
const CHAT_BURST = 3;

/** Chats whose last message is this many chats ago are looked at, and mostly forgotten. */
const CHATS_MAX = 10_000;

export interface Limiter {
  /** Reserves the next message to a chat. @returns how long to wait before it is sent, ms */
  reserve(chatId: number, nowMs: number): number;
}

/** Infinity as a limit is none. */
export function createLimiter(limits: Limits): Limiter {
  const chat = { intervalMs: 1_000 / limits.perChatPerSecond, burst: CHAT_BURST };
  const group = {
    intervalMs: 60_000 / limits.perGroupPerMinute,
    burst: limits.perGroupPerMinute,
  };
  const all = { intervalMs: 1_000 / limits.perSecond, burst: limits.perSecond };
  const chats = new Map<number, number>();
  const groups = new Map<number, number>();
  let everything = 0;

  return {
    reserve: (chatId, nowMs) => {
      const isGroup = chatId < 0;
      const atMs = Math.max(
        nowMs,
        earliest(chat, chats.get(chatId)),
        isGroup ? earliest(group, groups.get(chatId)) : 0,
        earliest(all, everything),
      );
      everything = after(all, everything, atMs);
      chats.set(chatId, after(chat, chats.get(chatId), atMs));
      if (isGroup) groups.set(chatId, after(group, groups.get(chatId), atMs));
      if (chats.size > CHATS_MAX) forgetIdle(chats, nowMs);
      if (groups.size > CHATS_MAX) forgetIdle(groups, nowMs);
      return atMs - nowMs;
    },
  };
}

/**
 * The generic cell rate algorithm (ITU-T I.371): all that is kept is when the reserved messages
 * would be through at the steady rate.
 */
interface Rate {
  intervalMs: number;
  /** How many may go at once after a rest. */
  burst: number;
}

function earliest({ intervalMs, burst }: Rate, throughMs = 0): number {
  return intervalMs === 0 ? 0 : throughMs - intervalMs * (burst - 1);
}

function after({ intervalMs }: Rate, throughMs = 0, atMs: number): number {
  return Math.max(throughMs, atMs) + intervalMs;
}

function forgetIdle(throughMs: Map<number, number>, nowMs: number): void {
  for (const [chatId, ms] of throughMs) if (ms <= nowMs) throughMs.delete(chatId);
}
