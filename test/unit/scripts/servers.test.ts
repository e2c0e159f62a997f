import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findServer, findServers } from '../../../scripts/servers/find.js';
import { type Means, planInstall } from '../../../scripts/servers/install.js';
import { tempDir } from '../../support/temp-dir.js';

describe('finding servers', () => {
  it('takes a complete set of PostgreSQL programs on PATH first', async () => {
    const root = await tempDir();
    await postgresIn(join(root, 'mine'), '16.3');
    await postgresIn(join(root, 'usr/lib/postgresql/17/bin'), '17.1');
    expect(findServer('postgres', { pathVariable: join(root, 'mine'), root })).toEqual({
      name: 'postgres',
      path: join(root, 'mine/postgres'),
      version: '16.3',
    });
  });

  it('takes the highest version of those off PATH, by number', async () => {
    const root = await tempDir();
    await postgresIn(join(root, 'usr/lib/postgresql/9.6/bin'), '9.6.24');
    await postgresIn(join(root, 'usr/lib/postgresql/17/bin'), '17.1');
    expect(findServer('postgres', { pathVariable: '', root })?.version).toBe('17.1');
  });

  it('passes over a set with a program missing', async () => {
    const root = await tempDir();
    await program(join(root, 'usr/lib/postgresql/17/bin/postgres'), '17.1');
    await postgresIn(join(root, 'usr/lib/postgresql/15/bin'), '15.8');
    expect(findServer('postgres', { pathVariable: '', root })?.version).toBe('15.8');
  });

  it('follows a single program linked from PATH to the rest of its set', async () => {
    const root = await tempDir();
    await postgresIn(join(root, 'elsewhere'), '15.8');
    await mkdir(join(root, 'bin'));
    await symlink(join(root, 'elsewhere/postgres'), join(root, 'bin/postgres'));
    expect(findServer('postgres', { pathVariable: join(root, 'bin'), root })?.path).toBe(
      join(root, 'elsewhere/postgres'),
    );
  });

  it('reads a version from stderr, where nginx writes it', async () => {
    const root = await tempDir();
    await program(join(root, 'usr/sbin/nginx'), 'nginx version: nginx/1.22.1', '>&2');
    expect(findServer('nginx', { pathVariable: '', root })?.version).toBe('1.22.1');
  });

  it('passes over a program that does not run, such as a Python without sqlite3', async () => {
    const root = await tempDir();
    await program(join(root, 'mine/python3'), 'No module named sqlite3 3.12', '; exit 1');
    await program(join(root, 'usr/bin/python3'), '3.11.2 sqlite 3.40.1');
    const machine = { pathVariable: join(root, 'mine'), root };
    expect(findServer('python3', machine)).toEqual({
      name: 'python3',
      path: join(root, 'usr/bin/python3'),
      version: '3.11.2 sqlite 3.40.1',
    });
  });

  it('names everything that an empty machine lacks', async () => {
    expect(findServers({ pathVariable: '', root: await tempDir() })).toEqual({
      found: [],
      missing: ['postgres', 'pgbouncer', 'redis-server', 'nginx', 'python3'],
    });
  });
});

describe('planning an installation', () => {
  const debian: Means = { platform: 'linux', aptGet: true, root: true, sudo: false };

  it('has root install the packages of what is missing', () => {
    expect(planInstall(['postgres', 'nginx'], debian)).toEqual({
      command: ['sh', expect.stringMatching(/apt-install\.sh$/), 'postgresql', 'nginx'],
    });
  });

  it('uses sudo where it asks for no password', () => {
    const plan = planInstall(['redis-server'], { ...debian, root: false, sudo: true });
    expect(plan).toEqual({
      command: ['sudo', '-n', 'sh', expect.any(String), 'redis-server'],
    });
  });

  it.each<[string, Partial<Means>, string]>([
    [
      'Debian without rights',
      { root: false },
      'missing: postgres, nginx; run: sudo apt-get install --no-install-recommends postgresql nginx',
    ],
    [
      'macOS',
      { root: false, aptGet: false, platform: 'darwin' },
      'missing: postgres, nginx; run: brew install postgresql@17 nginx',
    ],
    [
      'any other system',
      { aptGet: false },
      "missing: postgres, nginx; install them with this system's package tool",
    ],
  ])('says in one line what to do on %s', (_system, means, advice) => {
    expect(planInstall(['postgres', 'nginx'], { ...debian, ...means })).toEqual({ advice });
  });
});

async function postgresIn(directory: string, version: string): Promise<void> {
  for (const name of ['postgres', 'initdb', 'pg_ctl']) {
    await program(join(directory, name), `${name} (PostgreSQL) ${version}`);
  }
}

async function program(path: string, says: string, then = ''): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho '${says}' ${then}\n`);
  await chmod(path, 0o755);
}
