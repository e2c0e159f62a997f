import { expect, it } from 'vitest';
import { runAs, userNamed } from '../../../src/drivers/embedded-os-user.js';

it('a user is found in the text of /etc/passwd by its whole name', () => {
  const passwd =
    'root:x:0:0::/:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104::/:/bin/sh\n';
  expect(userNamed('postgres', passwd)).toEqual({ uid: 101, gid: 104 });
  expect(userNamed('nobody', passwd)).toBeUndefined();
});

it('a program is run without our environment', async () => {
  process.env.PGDATA = '/somewhere';
  const { exitCode, output } = await runAs(undefined, '/usr/bin/env', [], { cwd: '/' });
  delete process.env.PGDATA;
  expect(exitCode).toBe(0);
  expect(output).toContain('LC_ALL=C\n');
  expect(output).not.toContain('PGDATA');
});

it('a program and what it has started end on an abort', async () => {
  const signal = AbortSignal.timeout(100);
  const startedAt = performance.now();
  const running = runAs(undefined, '/bin/sh', ['-c', 'sleep 30; true'], { cwd: '/', signal });
  await expect(running).rejects.toMatchObject({ code: 'interrupted' });
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});
