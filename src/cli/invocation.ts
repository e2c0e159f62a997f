import type { Clock } from '../lib/clock.js';
import type { Report } from '../lib/report.js';
import type { Config } from './config/index.js';
import type { FlagSettings } from './config/layers.js';
import type { ExitCode } from './exit-codes.js';
import type { GlobalOptions } from './global-options.js';
import type { Output } from './output.js';

/** What every command is given to work with. */
export interface Invocation {
  /** As typed, e.g. `postgres start`. */
  command: string;
  options: GlobalOptions;
  /** The configuration, with this command's flags on top. */
  config(flags?: FlagSettings): Promise<Config>;
  /** Returns when the answer is yes; throws `refused` otherwise. */
  confirm(question: string): Promise<void>;
  /** Returns when the phrase was typed; `--yes` does not type it. Throws `refused` otherwise. */
  confirmTyped(phrase: string, why: string): Promise<void>;
  /** The same value with every secret masked. */
  redact<T>(value: T): T;
  /** Lets the password of cardctl's own Postgres be seen in its URL. */
  reveal(url: string): void;
  report: Report;
  clock: Clock;
  signal: AbortSignal;
  output: Output;
  cwd: string;
}

/** How a command ended, when it did not throw. */
export interface Outcome {
  /** For `--json`, under `result`. */
  result: object;
  /** For the journal, where `result` is too much for it. */
  summary?: object;
  /** For people, on stdout. */
  text: string;
  /** Where it is not 0: `verify` found differences, say. */
  exitCode?: ExitCode;
}

/** The body of a command: opens, calls, reports. The work is in the engine. */
export type Run<Options, Args extends readonly string[] = readonly []> = (
  invocation: Invocation,
  options: Options,
  ...args: Args
) => Promise<Outcome>;
