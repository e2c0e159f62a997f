import type { CutoverPlan } from '../../../steps/cutover/context.js';
import type { Config } from '../../config/index.js';

export interface RehearseRequest {
  config: Config;
  sourcePath: string;
  plan: CutoverPlan;
  players: number;
  /** Updates a second. */
  rps: number;
  /** How long all gates together may take. */
  minutes: number;
  acceptHold: boolean;
}
