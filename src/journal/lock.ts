import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CardctlError, codeOf } from '../lib/errors.js';
import { makeWorkDir } from './journal.js';

const PREFIX = 'lock-';
/** Two who start at the same instant both step back; this often they try again. */
const ATTEMPTS_MAX = 5;

/** Who holds the lock of a work directory. */
export interface LockHolder {
  pid: number;
  /** Eight hex digits, other for another machine or container. */
  host: string;
  /** When the process started, in ticks; `0` where the system does not tell. */
  started: string;
  /** What it runs, as far as it could be read. */
  command: string;
  /** The lock file. */
  path: string;
}

/**
 * Holds a work directory for one changing command at a time. Locks of dead processes are removed.
 *
 * Each process has a lock file of its own name, written before it looks at the others', so there
 * is no moment in which a stale lock is replaced and two could take it over.
 *
 * @returns a function that lets go
 * @throws CardctlError `refused`, naming the process that holds it
 */
export async function holdLock(workDir: string, command: string): Promise<() => void> {
  makeWorkDir(workDir);
  const own = join(workDir, nameOf(process.pid, startOf(process.pid) ?? '0'));
  for (let attempt = 1; ; attempt += 1) {
    writeFileSync(own, JSON.stringify({ command }), { mode: 0o600 });
    const holder = lockHolders(workDir).find(({ path }) => path !== own);
    if (holder === undefined) return () => rmSync(own, { force: true });
    rmSync(own, { force: true });
    if (attempt === ATTEMPTS_MAX) throw held(workDir, holder);
    await sleep(attempt * 20 * (1 + Math.random()));
  }
}

/** The live processes that hold a work directory; what dead ones left is removed on the way. */
export function lockHolders(workDir: string): LockHolder[] {
  return namesIn(workDir).flatMap((name) => {
    const holder = holderOf(workDir, name);
    if (holder === undefined) return [];
    if (isAlive(holder)) return [holder];
    rmSync(holder.path, { force: true });
    return [];
  });
}

function held(workDir: string, { pid, host, command, path }: LockHolder): CardctlError {
  const isHere = host === hostId();
  return new CardctlError(
    'refused',
    `another cardctl${command === '' ? '' : ` ${command}`} is at work in ${workDir} (process ${pid}${isHere ? '' : ' on another machine or in another container'})`,
    {
      hint: isHere
        ? 'wait until it has ended, or use another --work-dir; cardctl status shows how far it is'
        : `if it is surely gone, remove ${path} and run the same command again`,
      details: { pid, lockFile: path },
    },
  );
}

function nameOf(pid: number, started: string): string {
  return `${PREFIX}${hostId()}-${pid}-${started}`;
}

function holderOf(workDir: string, name: string): LockHolder | undefined {
  const match = /^lock-([0-9a-f]{8})-(\d+)-(\d+)$/.exec(name);
  if (match === null) return undefined;
  const [, host = '', pid = '', started = ''] = match;
  const path = join(workDir, name);
  return { pid: Number(pid), host, started, command: commandIn(path), path };
}

/** Of another machine's process nothing can be known: it counts as alive. */
function isAlive({ host, pid, started }: LockHolder): boolean {
  if (host !== hostId()) return true;
  const startedNow = startOf(pid);
  // A pid is used again, but not with the same start.
  return startedNow !== undefined && startedNow === started;
}

/** When a live process started, `0` if that is unknown, undefined when there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; the state is field 3 and the start field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return existsWithoutProc(pid) ? '0' : undefined;
  }
}

function existsWithoutProc(pid: number): boolean {
  if (process.platform === 'linux') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function commandIn(path: string): string {
  try {
    const { command } = JSON.parse(readFileSync(path, 'utf8')) as { command?: unknown };
    return typeof command === 'string' ? command : '';
  } catch {
    return '';
  }
}

function hostId(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.startsWith(PREFIX));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
