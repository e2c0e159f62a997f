import type { Clock } from '../lib/clock.js';
import type { Report } from '../lib/report.js';

/** What every step gets from the composition root. */
export interface Deps {
  report: Report;
  clock: Clock;
  signal: AbortSignal;
}

/** One unit of work of a run. Steps are stateless: what they make lives in the context. */
export interface Step<Context> {
  /** As in the journal and in `--json`; one word. */
  name: string;
  /** As an operator reads it. */
  title: string;
  /**
   * Refuses what cannot work, before any step of the run has changed anything.
   *
   * @throws CardctlError `refused`, with the next command
   */
  check?(context: Context): Promise<void>;
  /** Does the work; safe to run again after a crash. Returns one clause about the outcome. */
  run(context: Context): Promise<string>;
  /**
   * Once the target is changed, a failure leaves it half made and the run can be resumed. A step
   * that changes it `whole` does so in one transaction: when it fails, it has changed nothing.
   */
  changesTarget?: 'whole' | 'bit by bit';
  /** Left out of this run, with the reason. */
  skip?(context: Context): string | null;
  undo?: Undo<Context>;
}

/** Takes back what a step did. */
export interface Undo<Context> {
  /** As in the journal and in `--json`; one word. */
  name: string;
  title: string;
  /** Whether what the step does is done now, whoever did it. */
  isDue(context: Context): boolean;
  /** Safe to run again after a crash. Returns one clause about the outcome. */
  run(context: Context): Promise<string>;
}
