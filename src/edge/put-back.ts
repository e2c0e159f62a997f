import type { Clock } from '../lib/clock.js';
import { messageOf } from '../lib/errors.js';
import { runCommand } from './commands.js';
import type { EdgeConfig } from './config.js';
import type { EdgeFiles } from './edge-files.js';
import { generationOf } from './render-upstream.js';
import { lastGoodOf, type Saved } from './upstream-file.js';
import { meetWorkers, untilServed } from './workers.js';

export interface EdgeSurroundings {
  config: EdgeConfig;
  files: EdgeFiles;
  /** How long the workers of Nginx may take to serve a new file, milliseconds. */
  deadlineMs: number;
  clock: Clock;
}

export interface PutBack {
  /** The last good file has its name again. */
  file: boolean;
  /** Every worker of Nginx serves it, seen just now. */
  served: boolean;
  /** What was done, and what could not be. */
  sentence: string;
}

/**
 * Puts the last good file back, reloads Nginx and waits until it is served. It never throws and
 * heeds no abort: it is what is done about a failure, so it goes as far as it can and says so.
 */
export async function putBack(lastGood: Saved, around: EdgeSurroundings): Promise<PutBack> {
  const { config, files } = around;
  const generation = generationOf(lastGood.upstream);
  const named = `generation ${generation} (${lastGood.upstream.percent}%)`;
  try {
    // One rename, with nothing to write: it works on a full disk, and a kill leaves either file.
    await files.rename(lastGoodOf(config.upstreamFile), config.upstreamFile);
  } catch (error) {
    const sentence = `the file of ${named} could not be put back: ${messageOf(error)}`;
    return { file: false, served: false, sentence };
  }
  const done = `the file of ${named} is back`;
  try {
    await reloadAndWait(generation, around);
    return { file: true, served: true, sentence: `${done} and every worker serves it` };
  } catch (error) {
    // Perhaps Nginx never left it.
    if (await isServedByAll(config.statusUrl, generation)) {
      const sentence = `${done} and every worker still serves it (${messageOf(error)})`;
      return { file: true, served: true, sentence };
    }
    return {
      file: true,
      served: false,
      sentence: `${done}, but not in force: ${messageOf(error)}`,
    };
  }
}

/** Whether each worker serves that generation; false, too, when Nginx does not say. */
export async function isServedByAll(statusUrl: string, generation: string): Promise<boolean> {
  try {
    const workers = await meetWorkers(statusUrl);
    await workers.close();
    return [...workers.serving.values()].every((served) => served === generation);
  } catch {
    return false;
  }
}

async function reloadAndWait(generation: string, around: EdgeSurroundings): Promise<void> {
  const { config, deadlineMs, clock } = around;
  const { statusUrl, commands } = config;
  const before = await meetWorkers(statusUrl);
  try {
    await runCommand(commands.reload, { timeoutMsMax: commands.timeoutMsMax });
    await untilServed({ statusUrl, generation, before, deadlineMs, clock });
  } finally {
    await before.close();
  }
}
