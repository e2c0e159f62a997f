import { type Run, stoppedRun } from '../journal/runs.js';
import type { Config } from './config/index.js';
import type { MoveStatus } from './engine/move-status.js';
import type { GlobalOptions } from './global-options.js';
import { moveAdvice } from './move-advice.js';
import { samePlace, shellLine } from './shell.js';

export interface Next {
  /** To copy into a shell; null when there is nothing to do now. */
  command: string | null;
  why: string;
}

interface Situation {
  /** Oldest first. */
  runs: readonly Run[];
  /** Another command is at work. */
  isBusy: boolean;
  config: Config;
  options: GlobalOptions;
}

/** What comes next on the way from assess to a verified target, by what the journal tells. */
export function nextCommand({ runs, isBusy, config, options }: Situation): Next {
  if (isBusy) return { command: null, why: 'a command is at work; wait until it has ended' };
  const last = runs.findLast(({ command }) => command in AFTER);
  const { words, why } = last === undefined ? FIRST : after(last, runs);
  const source = config.source === null ? sourceOf(runs) : undefined;
  const flags = source === undefined ? [] : ['--source', source];
  return { command: shellLine(['cardctl', ...words, ...flags, ...samePlace(options)]), why };
}

/** What comes next in a live move, by what its databases say; undefined when there is none. */
export function nextInMove(
  { facts, followers, proof, percent }: MoveStatus,
  options: GlobalOptions,
): Next | undefined {
  if (facts === null) return undefined;
  const isProven = proof !== null;
  const advice = moveAdvice({ facts, isFollowed: followers.length > 0, isProven, percent });
  if (advice === null) return undefined;
  return {
    command: shellLine(['cardctl', ...advice.words, ...samePlace(options)]),
    why: advice.why,
  };
}

interface Advice {
  words: string[];
  why: string;
}

const FIRST: Advice = { words: ['assess'], why: 'looks at the source and changes nothing' };

/** By command: what follows when it is done, and when it is not. */
const AFTER: Record<string, { done: Advice; failed: Advice }> = {
  backup: {
    done: { words: ['migrate'], why: 'a backup is made; load it into the target' },
    failed: { words: ['backup'], why: 'the last backup was not made' },
  },
  migrate: {
    done: { words: ['verify'], why: 'the target is loaded; compare every value again at any time' },
    failed: { words: ['migrate', '--resume'], why: 'the last migrate stopped part-way' },
  },
  verify: {
    done: {
      words: ['backup'],
      why: 'the target is equal to the source; go on with daily backups',
    },
    failed: { words: ['verify'], why: 'the last verify did not come to an end' },
  },
};

const DIFFERENT: Advice = {
  words: ['migrate', '--clean'],
  why: 'the target differs from the source; load it anew',
};

const UNTOUCHED: Advice = {
  words: ['migrate'],
  why: 'the last migrate stopped before it changed anything',
};

function after(run: Run, runs: readonly Run[]): Advice {
  const advice = AFTER[run.command];
  if (advice === undefined) return FIRST;
  if (run.command === 'verify' && run.result?.equal === false) return DIFFERENT;
  if (run.state === 'done') return advice.done;
  if (run.command === 'migrate' && stoppedRun(runs, 'migrate') === undefined) return UNTOUCHED;
  return advice.failed;
}

function sourceOf(runs: readonly Run[]): string | undefined {
  const source = runs.findLast(({ facts }) => typeof facts.source === 'string')?.facts.source;
  return typeof source === 'string' ? source : undefined;
}
