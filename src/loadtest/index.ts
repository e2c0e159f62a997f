export type { BotApiOptions } from './bot-api.js';
export {
  checkLedger,
  type EffectReader,
  type LedgerVerdict,
  type Violation,
} from './check-ledger.js';
export type { Target } from './delivery.js';
export type { Fault, FaultRule } from './faults.js';
export { LOAD_DEFAULTS, type LoadOptions } from './options.js';
export type { LoadProgress } from './progress.js';
export { type ReadLedger, readLedger } from './read-ledger.js';
export type { LoadReport } from './report.js';
export { type LoadDeps, type LoadEvent, runLoadtest } from './run.js';
export type { LoadVerdict, Thresholds } from './verdict.js';
