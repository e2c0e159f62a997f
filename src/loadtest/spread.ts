import { smoothWeighted } from './weighted.js';

export interface Target {
  /** Where the webhook listens, path included. */
  url: string;
  /** Integer share among the targets; 0 gets nothing. */
  weight: number;
}

/** Says which webhook gets the next post. */
export interface Spread {
  next(): Route;
  /** Tells `webhookInfo`. */
  readonly url: string;
}

export interface Route {
  url: string;
  /**
   * Told once how a post ended.
   *
   * @param status of the answer; 0 when there was none
   */
  ended?(status: number, seconds: number): void;
}

/** By weights that stay as they are. */
export function spreadOver(targets: readonly Target[]): Spread {
  const next = smoothWeighted(targets);
  return { next, url: targets[0]?.url ?? '' };
}
