import type { StoreKind } from '../sync/authority.js';
import type { Config } from './config/index.js';
import type { SwitchRequest } from './engine/switch.js';
import { faultFrom } from './fault.js';
import { pairRequest } from './pair-request.js';

/** All that a promote or demote needs to know. */
export async function switchRequest(
  config: Config,
  command: string,
  to: StoreKind,
  wantsBackup: boolean,
  env: NodeJS.ProcessEnv,
): Promise<SwitchRequest> {
  const { surroundingsOf } = await import('./engine/surroundings.js');
  return {
    ...pairRequest(config, command),
    ...config.move.promote,
    to,
    surroundings: () => surroundingsOf(config, to, wantsBackup),
    fault: faultFrom(env),
  };
}
