/** Marks a place in a protocol at which a test may have the process killed. */
export type FaultPoint = (name: string) => void;

export const noFaults: FaultPoint = () => undefined;

/**
 * Kills this process, as `kill -9` does, the `nth` time that the named place is reached; or stops
 * it there, until somebody has it go on.
 *
 * @param chosen `NAME`, `NAME:nth` or `NAME:nth:stop`
 */
export function killAt(chosen: string): FaultPoint {
  const [name, nth = '1', what] = chosen.split(':');
  let left = Number(nth);
  return (reached) => {
    if (reached !== name) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, what === 'stop' ? 'SIGSTOP' : 'SIGKILL');
  };
}
