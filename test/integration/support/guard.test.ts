import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { startProcess } from '../../support/process.js';
import { tempDir } from '../../support/temp-dir.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const HOLDER = `
import { readdirSync } from 'node:fs';
import { startPostgres } from './test/support/postgres-server.ts';
const { port } = await startPostgres();
const [directory] = readdirSync(process.env.TMPDIR).filter((name) => name.startsWith('cardctl-postgres-'));
console.log(JSON.stringify({ port, directory }));
setInterval(() => {}, 1000);
`;

it.each(['SIGINT', 'SIGKILL'] as const)(
  'a PostgreSQL server and its directory go when the process that started it gets %s',
  async (signal) => {
    const home = await tempDir({ forOthers: true });
    const args = ['--import', 'tsx', '--input-type=module', '-e', HOLDER];
    const holder = startProcess(process.execPath, args, { cwd: ROOT, env: { TMPDIR: home } });
    await holder.waitFor(/\n/);
    const { port, directory } = JSON.parse(holder.stdout) as { port: number; directory: string };
    expect(existsSync(`${home}/${directory}/data/postmaster.pid`)).toBe(true);
    expect(await accepts(port)).toBe(true);

    await holder.kill(signal);

    await vi.waitUntil(() => !existsSync(`${home}/${directory}`), { timeout: 20_000 });
    expect(await accepts(port)).toBe(false);
  },
);

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
