import type { Writable } from 'node:stream';

/**
 * Lets a stream write what is given to it in one go as one system call. What ten commands cost is
 * mostly the calls that send them, here and where each wakes the server.
 */
export function oneWriteATick(stream: Writable): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let isHeld = false;
  stream.write = (...args: unknown[]) => {
    if (!isHeld) {
      isHeld = true;
      stream.cork();
      process.nextTick(() => {
        isHeld = false;
        stream.uncork();
      });
    }
    return write(...args);
  };
}
