import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '../../lib/errors.js';

/**
 * Work that does not count yet lives in a directory whose name says who is making it:
 *
 *     .cardctl-partial-<host>-<boot>-<pid namespace>-<pid>-<start of the process>-<random>
 *
 * The name is there from the first instant, so a process killed at any point leaves nothing that
 * cannot be told to be dead.
 */
const PREFIX = '.cardctl-partial-';

/** Makes an empty private directory (mode 0700) for unfinished work in `parent`. */
export function makePartial(parent: string): string {
  const path = join(parent, partialName());
  mkdirSync(path, { mode: 0o700 });
  return path;
}

/**
 * Removes a directory tree such that it is never seen half removed under its own name, not even
 * when this process is killed meanwhile: the next run removes the rest.
 */
export function removeWhole(directory: string, parent: string): void {
  const doomed = join(parent, partialName());
  renameSync(directory, doomed);
  removePartial(doomed);
}

/** Removes unfinished work. What resists does no harm, and the next run tries again. */
export function removePartial(path: string): void {
  try {
    rmSync(path, RECURSIVELY);
  } catch {
    // The error that led here matters more.
  }
}

/**
 * Removes what dead runs left in `parent`, only those surely dead: made on this machine, before
 * it was last started or by a process that is gone. Of another machine's (a shared disk) or
 * another container's nothing can be known: they stay.
 *
 * @returns how many were removed
 */
export function removeDeadPartials(parent: string): number {
  const dead = partialsIn(parent).filter((name) => isSurelyDead(name, whoIsHere()));
  for (const name of dead) removePartial(join(parent, name));
  return dead.filter((name) => !existsSync(join(parent, name))).length;
}

/** The child of a dead run may still be writing for an instant: then removing is tried again. */
const RECURSIVELY = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 } as const;

function partialName(): string {
  const here = whoIsHere();
  const started = here.startOf(process.pid) ?? '0';
  const random = randomBytes(4).toString('hex');
  return `${PREFIX}${here.host}-${here.boot}-${here.pidNamespace}-${process.pid}-${started}-${random}`;
}

function partialsIn(parent: string): string[] {
  try {
    return readdirSync(parent).filter((name) => name.startsWith(PREFIX));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Where this process runs, as far as the system tells. */
export interface Whereabouts {
  /** Eight hex digits. */
  host: string;
  /** Eight hex digits, other after every start of the machine; zeros when unknown. */
  boot: string;
  /** A number; 0 when unknown. */
  pidNamespace: string;
  /** When a live process started, in ticks or 0 if unknown; undefined when there is none. */
  startOf(pid: number): string | undefined;
}

/** Whether the maker of a partial of that name is gone beyond doubt. */
export function isSurelyDead(name: string, here: Whereabouts): boolean {
  const [host, boot, pidNamespace, pid, started] = name.slice(PREFIX.length).split('-');
  if (started === undefined || host !== here.host) return false;
  if (boot !== here.boot) return true;
  if (pidNamespace !== here.pidNamespace) return false;
  const startedNow = here.startOf(Number(pid));
  if (startedNow === undefined) return true;
  // A pid is used again, but not with the same start; 0 is a start that the system hides.
  return startedNow !== '0' && startedNow !== started;
}

function whoIsHere(): Whereabouts {
  return {
    host: digestOf(hostname() + (textOf('/etc/machine-id') ?? '')),
    boot: digestOf(textOf('/proc/sys/kernel/random/boot_id')),
    pidNamespace: pidNamespace(),
    startOf: startOfProcess,
  };
}

function digestOf(text: string | undefined): string {
  if (text === undefined) return '00000000';
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '') || '0';
  } catch {
    return '0';
  }
}

function startOfProcess(pid: number): string | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name in brackets may hold anything; the state is the first field after it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields !== undefined) return 'ZX'.includes(fields[0] ?? '') ? undefined : fields[19];
  return isThere(pid) ? '0' : undefined;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
