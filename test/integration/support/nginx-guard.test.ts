import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { childrenOf } from '../../support/children.js';
import { startProcess } from '../../support/process.js';
import { tempDir } from '../../support/temp-dir.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const HOLDER = `
import { nginxHome, startNginx } from './test/support/nginx.ts';
const home = await nginxHome();
await startNginx(home, []);
console.log(home);
setInterval(() => {}, 1000);
`;

it('an Nginx and its directory go when the process that started it is killed', async () => {
  const args = ['--import', 'tsx', '--input-type=module', '-e', HOLDER];
  const env = { TMPDIR: await tempDir({ forOthers: true }) };
  const holder = startProcess(process.execPath, args, { cwd: ROOT, env });
  await holder.waitFor(/\n/);
  const home = holder.stdout.trim();
  const master = Number(readFileSync(`${home}/nginx.pid`, 'utf8'));
  const workers = childrenOf(master);
  expect(workers).toHaveLength(2);

  await holder.kill();

  await vi.waitUntil(() => !existsSync(home), { timeout: 20_000 });
  expect([master, ...workers].filter(isAlive)).toEqual([]);
});

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`).length > 0;
}
