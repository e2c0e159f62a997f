import type { EdgeFiles } from '../../../edge/edge-files.js';
import {
  countFrom,
  endOfLog,
  type LogPosition,
  nothingObserved,
  type Observed,
} from '../../../edge/observed-share.js';

export interface AccessLogSource {
  files: EdgeFiles;
  /** Of the access log that Nginx writes for the webhook. */
  path: string;
  /** Of the upstream file whose requests count. */
  generation: string;
}

/**
 * Counts what Nginx answered, from the first call on: what a bot that has died cannot tell, and what
 * it says only of its own.
 *
 * @returns reads on, and gives all that was counted so far
 */
export function watchAccessLog({ files, path, generation }: AccessLogSource) {
  let observed = nothingObserved();
  let position: LogPosition | undefined;
  const readOn = async (): Promise<Observed> => {
    position ??= await endOfLog(files, path);
    // Counted aside, so that what fails half-way is not counted twice.
    const next = structuredClone(observed);
    position = await countFrom(position, { files, path, generation }, next);
    observed = next;
    return observed;
  };
  // One after the other, since a slow one may be left behind by whoever asked.
  let turn: Promise<unknown> = Promise.resolve();
  return (): Promise<Observed> => {
    const mine = turn.then(readOn);
    turn = mine.catch(() => undefined);
    return mine;
  };
}
