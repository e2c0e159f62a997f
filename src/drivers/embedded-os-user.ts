import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { CardctlError, codeOf } from '../lib/errors.js';

/** Whom a program is run as: numbers, since that is all the kernel knows. */
export interface OsUser {
  uid: number;
  gid: number;
}

/**
 * The user that the embedded server runs as, or undefined for "whoever runs cardctl". Postgres
 * refuses root, so root lends it to whoever owns the data already, else to `postgres`, else to
 * `nobody`.
 */
export async function serverUser(dataDir: string): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await ownerOf(dataDir);
  if (owner !== undefined && owner.uid !== 0) return owner;
  const passwd = await readFile('/etc/passwd', 'utf8');
  const user = userNamed('postgres', passwd) ?? userNamed('nobody', passwd);
  if (user !== undefined) return user;
  throw new CardctlError(
    'target',
    'Postgres refuses to run as root, and this machine has neither a user "postgres" nor "nobody"',
    { hint: 'Run: useradd --system postgres, or run cardctl as an ordinary user.' },
  );
}

/** Reads one user out of the text of /etc/passwd. */
export function userNamed(name: string, passwd: string): OsUser | undefined {
  const fields = passwd.split('\n').map((line) => line.split(':'));
  const [, , uid, gid] = fields.find(([user]) => user === name) ?? [];
  if (uid === undefined || gid === undefined) return undefined;
  return { uid: Number(uid), gid: Number(gid) };
}

/** Whether the user gets into a directory, asked of the kernel: modes alone do not tell. */
export async function canEnter(user: OsUser | undefined, directory: string): Promise<boolean> {
  if (user === undefined) return true;
  const args = ['-c', 'cd -- "$1"', 'sh', directory];
  return (await runAs(user, '/bin/sh', args, { cwd: '/' })).exitCode === 0;
}

export interface RunOptions {
  cwd: string;
  signal?: AbortSignal | undefined;
}

export interface RunResult {
  /** Null when a signal ended the program. */
  exitCode: number | null;
  /** Standard output and standard error, as they came. */
  output: string;
}

/**
 * Runs a program to its end in a session of its own, so that the terminal's Ctrl-C does not reach
 * it, and with none of our environment: what it starts may outlive us, and the environment may
 * hold secrets or a PGDATA. An abort kills it and what it started in its process group.
 */
export async function runAs(
  user: OsUser | undefined,
  program: string,
  args: readonly string[],
  { cwd, signal }: RunOptions,
): Promise<RunResult> {
  throwIfAborted(signal);
  const child = spawn(program, args, {
    cwd,
    ...user,
    detached: true,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => killGroup(child.pid);
  signal?.addEventListener('abort', kill, { once: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    throwIfAborted(signal);
    return { exitCode, output };
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

/** @throws CardctlError `interrupted` */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CardctlError('interrupted', 'stopped on request');
}

async function ownerOf(path: string): Promise<OsUser | undefined> {
  try {
    const { uid, gid } = await stat(path);
    return { uid, gid };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const INHERITED = ['PATH', 'LD_LIBRARY_PATH', 'SystemRoot', 'ComSpec', 'TEMP', 'TMP'];

function environment(): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', LANG: 'C' };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGTERM');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}
