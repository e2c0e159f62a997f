import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CardctlError, messageOf } from '../lib/errors.js';
import { prepareBinaries } from './embedded-binaries.js';
import { ensureCluster } from './embedded-cluster.js';
import { exists } from './embedded-files.js';
import { deskOf, findHome, type Home, makeDesk, openHome } from './embedded-home.js';
import { withLock } from './embedded-lock.js';
import { findProcess } from './embedded-process.js';
import { findRunning, launch, type Running, shutDown, urlOfEmbedded } from './embedded-server.js';

/** The Postgres that cardctl runs itself, where no target is configured. */
export interface EmbeddedServer {
  /** With the password. */
  url: string;
  port: number;
  dataDir: string;
  /** False when it was running already. */
  started: boolean;
}

export type EmbeddedStatus =
  | { state: 'absent' }
  | { state: 'stopped'; dataDir: string }
  | { state: 'running'; dataDir: string; pid: number; port: number; url: string };

/**
 * Makes sure that the work directory's own Postgres runs, and leaves it running when the process
 * ends. Makes it at the first call; recovers one that was killed at any moment; several callers at
 * once get the same one.
 *
 * @throws CardctlError `target`, with the end of the server's log; `interrupted` on abort.
 */
export async function startEmbedded(
  workDir: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<EmbeddedServer> {
  return doing('started', async () => {
    const desk = await makeDesk(workDir);
    return locked(desk, signal, async () => {
      const home = await openHome(desk);
      const found = await findRunning(home, signal);
      const { url, port } = found ?? (await start(home, signal));
      return { url, port, dataDir: home.data, started: found === undefined };
    });
  });
}

/** Shuts the server down, rolling back what is under way. False when none was running. */
export async function stopEmbedded(workDir: string): Promise<boolean> {
  return doing('stopped', async () => {
    const desk = deskOf(workDir);
    if (!(await exists(desk))) return false;
    return locked(desk, undefined, async () => {
      const home = await findHome(desk);
      return home !== undefined && stop(home);
    });
  });
}

/** Looks without touching anything. A server counts as running from its first moment. */
export async function embeddedStatus(workDir: string): Promise<EmbeddedStatus> {
  return doing('looked at', async () => {
    const home = await findHome(deskOf(workDir));
    if (home === undefined || !(await exists(home.data))) return { state: 'absent' };
    const dataDir = home.data;
    const found = await findProcess(dataDir);
    const port = found?.port ?? home.record.port;
    if (found === undefined || port === undefined) return { state: 'stopped', dataDir };
    return { state: 'running', dataDir, pid: found.pid, port, url: urlOfEmbedded(home, port) };
  });
}

/** Stops the server and removes it with all its data, wherever they are. False without one. */
export async function removeEmbedded(workDir: string): Promise<boolean> {
  return doing('removed', async () => {
    const desk = deskOf(workDir);
    if (!(await exists(desk))) return false;
    return locked(desk, undefined, async () => {
      const home = await findHome(desk);
      if (home === undefined) return false;
      await stop(home);
      await removeFiles(home);
      return true;
    });
  });
}

async function start(home: Home, signal: AbortSignal | undefined): Promise<Running> {
  const binaries = await prepareBinaries(home);
  await ensureCluster(home, binaries, signal);
  return launch(home, binaries, signal);
}

async function stop(home: Home): Promise<boolean> {
  const found = await findProcess(home.data);
  if (found === undefined) return false;
  await shutDown(home, found);
  return true;
}

async function removeFiles({ desk, directory }: Home): Promise<void> {
  if (directory !== desk) await rm(directory, { recursive: true });
  // The lock's file stays: whoever waits for the lock holds it open.
  const names = (await readdir(desk)).filter((name) => name !== LOCK);
  for (const name of names) await rm(join(desk, name), { recursive: true });
}

const LOCK = 'lock';

async function locked<T>(
  desk: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  // Another user's server is told by its record; its lock would only say that it cannot be opened.
  await findHome(desk);
  return withLock(join(desk, LOCK), signal, work);
}

/** Whatever the file system or the kernel throws becomes a failure of the target. */
async function doing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof CardctlError) throw cause;
    throw new CardctlError(
      'target',
      `the embedded Postgres could not be ${what}: ${messageOf(cause)}`,
      {
        hint: 'Put that right and run this again, or give the URL of a server with --target.',
        cause,
      },
    );
  }
}
