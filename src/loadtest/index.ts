export type { GameAfter, GameBefore, HistoryState, PlayerState } from './check-effects.js';
export {
  checkLedger,
  type LedgerVerdict,
} from './check-ledger.js';
export type { LoadOptions } from './options.js';
export { readLedger } from './read-ledger.js';
export type { LoadReport } from './report.js';
export { type LoadEvent, runLoadtest } from './run.js';
export type { Target } from './spread.js';
export { startStandInEdge } from './stand-in-edge.js';
