import { chown, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CardctlError } from '../lib/errors.js';
import type { Binaries } from './embedded-binaries.js';
import { exists } from './embedded-files.js';
import type { Home } from './embedded-home.js';
import { runAs } from './embedded-os-user.js';

/** The superuser of the embedded server, and the database made in it. */
export const EMBEDDED = { user: 'cardctl', database: 'card_game' };

/** Suited to 4 GB of memory and to bulk loads. What a crash can lose is left as it is: nothing. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // What three bots keep open, and cardctl beside them.
  max_connections: '200',
  shared_buffers: '256MB',
  maintenance_work_mem: '128MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * Makes the data directory if there is none. It is made under another name and renamed when it is
 * complete, so whatever a killed run has left behind is recognised, and removed here.
 */
export async function ensureCluster(
  home: Home,
  binaries: Binaries,
  signal: AbortSignal | undefined,
): Promise<void> {
  await removeUnfinished(home.directory);
  if (await exists(home.data)) await refuseOtherMajor(home, binaries);
  else await initialize(home, binaries, signal);
}

async function removeUnfinished(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith('new-')) continue;
    // An initdb that has outlived its killed cardctl may still be writing: the next start tries again.
    await rm(join(directory, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

async function refuseOtherMajor({ data }: Home, { major }: Binaries): Promise<void> {
  const made = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '?')).trim();
  if (made === major) return;
  throw new CardctlError(
    'target',
    `${data} was made by Postgres ${made}, and the embedded one here is Postgres ${major}`,
    {
      hint: `Install the cardctl that made it, or move ${data} away and migrate again.`,
      details: { made, major },
    },
  );
}

async function initialize(
  home: Home,
  binaries: Binaries,
  signal: AbortSignal | undefined,
): Promise<void> {
  const staging = await mkdtemp(join(home.directory, 'new-'));
  const passwordFile = join(staging, 'password');
  await writeFile(passwordFile, `${home.record.password}\n`, { mode: 0o600 });
  if (home.user !== undefined) {
    for (const path of [staging, passwordFile]) await chown(path, home.user.uid, home.user.gid);
  }
  const data = join(staging, 'data');
  const args = ['--pgdata', data, '--username', EMBEDDED.user, '--pwfile', passwordFile];
  args.push('--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C');
  args.push('--no-instructions');
  for (const [name, value] of Object.entries(SETTINGS)) args.push('--set', `${name}=${value}`);
  const { exitCode, output } = await runAs(home.user, binaries.initdb, args, {
    cwd: home.directory,
    signal,
  });
  if (exitCode !== 0) {
    await rm(staging, { recursive: true, force: true }).catch(() => undefined);
    throw initdbFailed(home, output);
  }
  await rename(data, home.data);
  await rm(staging, { recursive: true });
}

function initdbFailed({ directory }: Home, output: string): CardctlError {
  const tail = output.trim().split('\n').slice(-8).join('\n');
  return new CardctlError(
    'target',
    `the embedded Postgres could not make its data directory in ${directory}:\n${tail}`,
    {
      hint: `Check the space and the permissions there (df -h ${directory}), then run this again.`,
    },
  );
}
