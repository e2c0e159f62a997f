/** How long Telegram waits for the answer to a webhook post, in milliseconds. */
export const ANSWER_MS_MAX = 60_000;

/** For how long Telegram keeps an update that it cannot deliver, in milliseconds. */
export const UPDATE_AGE_MS_MAX = 24 * 3_600_000;

const RETRY_MS_MAX = 120_000;

/**
 * Telegram's retry ladder: at once, then after 2, 4, 8 … up to 120 s.
 *
 * @param failures how often the update has failed so far, from 1
 * @returns milliseconds to wait before the next attempt
 */
export function retryAfterMs(failures: number): number {
  return failures === 1 ? 0 : Math.min(1_000 * 2 ** (failures - 1), RETRY_MS_MAX);
}
