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
  let position: LogPosition | undefined;
  let observed = nothingObserved();
  return async (): Promise<Observed> => {
    position ??= await endOfLog(files, path);
    // Counted aside and taken over together with the position: what fails half-way, or comes late,
    // is not counted twice.
    const next = structuredClone(observed);
    position = await countFrom(position, { files, path, generation }, next);
    observed = next;
    return observed;
  };
}
