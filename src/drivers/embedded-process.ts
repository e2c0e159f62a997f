import { readFile, readlink, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../lib/errors.js';

/** What a server says about itself in its data directory's postmaster.pid. */
export interface ServerProcess {
  pid: number;
  /** Absent in the first moments of a start. */
  port?: number;
}

/** The live process that runs on this data directory, or undefined. */
export async function findProcess(data: string): Promise<ServerProcess | undefined> {
  const lines = await readPidFile(data);
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !(await runsOn(pid, data))) return undefined;
  const port = Number(lines[3]);
  return port > 0 ? { pid, port } : { pid };
}

/**
 * Lets a server start although its postmaster.pid names a process that is alive but is something
 * else, as after a reboot or in a restarted container. Postgres would take it for a running
 * server. Its other lines must stay: by them Postgres makes sure that no backend of the dead
 * server still writes. A server that pg_ctl starts passes over the pid of pg_ctl's parent: us.
 */
export async function disownPidFile(data: string): Promise<void> {
  const lines = await readPidFile(data);
  const pid = Number(lines[0]);
  if (!(pid > 0) || !isAlive(pid) || (await runsOn(pid, data))) return;
  lines[0] = `${process.pid}`;
  await writeFile(pidFileOf(data), lines.join('\n'));
}

export async function hasPidFile(data: string): Promise<boolean> {
  return (await readPidFile(data)).length > 0;
}

function pidFileOf(data: string): string {
  return join(data, 'postmaster.pid');
}

async function readPidFile(data: string): Promise<string[]> {
  try {
    return (await readFile(pidFileOf(data), 'utf8')).split('\n');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * A server's working directory is its data directory, and the kernel shows it to the server's own
 * user and to root. Somebody else's process, a zombie and a removed directory all say no. Where
 * there is no /proc, a live pid is believed: whoever connects finds out.
 */
async function runsOn(pid: number, data: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(data));
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
