import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CardctlError } from '../../../lib/errors.js';
import { type Child, start } from './processes.js';
import { secret } from './scratch-config.js';

/**
 * Starts a Redis on loopback that keeps nothing on disk.
 *
 * @param directory private, as the password stands in a file there: everybody sees a command line
 */
export async function startScratchRedis(
  directory: string,
  { program, port }: { program: string; port: number },
): Promise<{ url: string; server: Child }> {
  const password = secret();
  const configPath = join(directory, 'redis.conf');
  const lines = [
    ...['bind 127.0.0.1', `port ${port}`, `requirepass ${password}`],
    ...['save ""', 'appendonly no', 'daemonize no', `dir "${directory}"`, 'logfile ""'],
  ];
  writeFileSync(configPath, `${lines.join('\n')}\n`, { mode: 0o600 });
  const server = start(program, [configPath]);
  if (!(await server.said(/ready to accept connections/i))) {
    const { lines: said, errors } = await server.ended;
    throw new CardctlError('internal', 'the Redis of the rehearsal did not start', {
      cause: new Error(errors || said.slice(-3).join('\n')),
    });
  }
  return { url: `redis://:${password}@127.0.0.1:${port}`, server };
}
