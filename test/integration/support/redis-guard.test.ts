import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { startProcess } from '../../support/process.js';
import { startRedis } from '../../support/redis.js';
import { tempDir } from '../../support/temp-dir.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const HOLDER = `
import { startGuardedRedis } from './test/support/redis-server.ts';
const { pidFile } = await startGuardedRedis({});
console.log(pidFile);
setInterval(() => {}, 1000);
`;

it('a Redis and its directory go when the process that started it is killed', async () => {
  const args = ['--import', 'tsx', '--input-type=module', '-e', HOLDER];
  const env = { TMPDIR: await tempDir({ forOthers: true }) };
  const holder = startProcess(process.execPath, args, { cwd: ROOT, env });
  await holder.waitFor(/\n/);
  const pidFile = holder.stdout.trim();
  const pid = Number(readFileSync(pidFile, 'utf8'));
  expect(isAlive(pid)).toBe(true);

  await holder.kill();

  await vi.waitUntil(() => !existsSync(dirname(pidFile)), { timeout: 20_000 });
  expect(isAlive(pid)).toBe(false);
});

it('a Redis that was crashed comes back empty on the same port', async () => {
  const server = await startRedis();
  const look = server.look();
  await look.set('key', 'value');
  await server.crash();
  await server.startAgain();
  await vi.waitUntil(() => look.status === 'ready', { timeout: 10_000 });
  expect(await look.get('key')).toBeNull();
});

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`).length > 0;
}
