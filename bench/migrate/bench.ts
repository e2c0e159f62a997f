import type { Source } from '../lib/source.js';
import type { BenchServer } from './server.js';
import type { Timing } from './timing.js';

/** What every contender is given. */
export interface Bench {
  source: Source;
  server: BenchServer;
  /** Empty at the start, removed at the end. */
  workDir: string;
  signal: AbortSignal;
}

/** A way to get the source into Postgres. */
export interface Contender {
  title: string;
  /** What it needs beforehand, once, untimed. */
  prepare?(bench: Bench): Promise<void>;
  /** Fills an empty database and times it. */
  run(bench: Bench, url: string): Promise<Timing[]>;
}
