import { type FaultPoint, killAt, noFaults } from '../lib/fault.js';

/** The place at which `CARDCTL_FAULT_POINT` has this process killed, for tests of crashes. */
export function faultFrom(env: NodeJS.ProcessEnv): FaultPoint {
  const chosen = env.CARDCTL_FAULT_POINT;
  return chosen === undefined || chosen === '' ? noFaults : killAt(chosen);
}
