import type { CutoverPlan } from '../../../steps/cutover/context.js';
import type { StoreKind } from '../../../sync/authority.js';
import type { Config } from '../../config/index.js';
import type { MigrateRequest } from '../migrate.js';
import type { Places } from '../standing.js';
import type { SwitchRequest } from '../switch.js';
import type { VerifyOptions } from '../verify.js';
import type { WarmRequest } from '../warm.js';

/** What a cutover is asked to do, and with what. */
export interface CutoverRequest {
  config: Config;
  places: Places;
  plan: CutoverPlan;
  /** How long the gates of a step may take to decide. */
  holdSeconds: number;
  /** Hold the writers of the source for as long as a copy takes. */
  acceptHold: boolean;
  migrate: Omit<MigrateRequest, 'journal'>;
  verify: VerifyOptions;
  /** Null without Redis. */
  warm: WarmRequest | null;
  switchTo(store: StoreKind): Promise<SwitchRequest>;
}
