import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CardctlError, codeOf } from '../lib/errors.js';
import { exists } from './embedded-files.js';
import { canEnter, type OsUser, serverUser } from './embedded-os-user.js';

/** Where one embedded server lives, and what is remembered about it. */
export interface Home {
  /** `<workDir>/postgres`. */
  desk: string;
  /** Holds the data, the log and, where needed, a copy of the programs. Mostly the desk itself. */
  directory: string;
  data: string;
  log: string;
  /** Whom the server runs as; undefined for whoever runs cardctl. */
  user: OsUser | undefined;
  record: HomeRecord;
}

/** The desk's `server.json`, which only its owner can read. */
interface HomeRecord {
  password: string;
  /** The home's directory, when it cannot be the desk. */
  place?: string;
  /** The port of the last start. There is one only once there has been a server. */
  port?: number;
}

export function deskOf(workDir: string): string {
  return join(resolve(workDir), 'postgres');
}

export async function makeDesk(workDir: string): Promise<string> {
  const desk = deskOf(workDir);
  const made = await mkdir(desk, { recursive: true });
  // Others may pass through but not look around: the server's user has to reach its data.
  if (made !== undefined) await chmod(desk, 0o711);
  return desk;
}

/** The home that an earlier start has made, or undefined. */
export async function findHome(desk: string): Promise<Home | undefined> {
  const record = await readRecord(desk);
  if (record === undefined) return undefined;
  if (record.place !== undefined) await refuseForeignPlace(record.place, desk);
  return homeOf(desk, record);
}

/** The home of an earlier start, or a new one: a password, and a place the server can reach. */
export async function openHome(desk: string): Promise<Home> {
  const found = await findHome(desk);
  if (found !== undefined) {
    if (found.record.port !== undefined && !(await exists(found.data))) throw dataGone(found);
    return found;
  }
  if (await exists(join(desk, 'data'))) throw passwordGone(desk);
  const user = await serverUser(join(desk, 'data'));
  const record: HomeRecord = { password: randomBytes(24).toString('base64url') };
  if (!(await canEnter(user, desk))) record.place = await makePlace(user);
  const home = await homeOf(desk, record);
  await writeRecord(home);
  return home;
}

export async function rememberPort(home: Home, port: number): Promise<void> {
  if (home.record.port === port) return;
  home.record.port = port;
  await writeRecord(home);
}

async function homeOf(desk: string, record: HomeRecord): Promise<Home> {
  const directory = record.place ?? desk;
  const data = join(directory, 'data');
  const log = join(directory, 'postgres.log');
  return { desk, directory, data, log, user: await serverUser(data), record };
}

async function readRecord(desk: string): Promise<HomeRecord | undefined> {
  const path = join(desk, 'server.json');
  try {
    return JSON.parse(await readFile(path, 'utf8')) as HomeRecord;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return undefined;
    if (codeOf(cause) !== 'EACCES') throw cause;
    throw new CardctlError('target', `the embedded Postgres in ${desk} belongs to another user`, {
      hint: 'Run cardctl as the user that ran it first here, or give another work directory.',
      cause,
    });
  }
}

async function writeRecord({ desk, record }: Home): Promise<void> {
  const path = join(desk, 'server.json');
  await writeFile(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/**
 * A directory outside the work directory, for root whose own directories are closed to the
 * server's user. Its random name cannot have been planted. A place for keeps comes first:
 * the system may empty its temporary directories.
 */
async function makePlace(user: OsUser | undefined): Promise<string> {
  for (const parent of ['/var/lib/cardctl', '/var/tmp', tmpdir()]) {
    try {
      if ((await mkdir(parent, { recursive: true })) !== undefined) await chmod(parent, 0o755);
      if (!(await isSafeParent(parent))) continue;
      const place = await mkdtemp(join(parent, 'postgres-'));
      await chmod(place, 0o711);
      if (await canEnter(user, place)) return place;
    } catch (error) {
      if (!['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) {
        throw error;
      }
    }
  }
  throw new CardctlError(
    'target',
    'root has found no directory for the embedded Postgres which an ordinary user can enter',
    { hint: 'Set the work directory to one that all users may enter, or run as an ordinary user.' },
  );
}

/** Nobody but root and us can rename what we make in it. */
async function isSafeParent(parent: string): Promise<boolean> {
  const { uid, mode } = await stat(parent);
  const isSticky = (mode & 0o1000) !== 0;
  return uid === 0 && (isSticky || (mode & 0o022) === 0);
}

async function refuseForeignPlace(place: string, desk: string): Promise<void> {
  const stats = await lstat(place).catch(() => undefined);
  if (stats === undefined) throw placeGone(place, desk);
  const isOurs = stats.isDirectory() && stats.uid === process.getuid?.();
  if (isOurs && (stats.mode & 0o022) === 0) return;
  throw new CardctlError('target', `${place} is not the directory that cardctl has made there`, {
    hint: `Find out who has replaced it. To begin anew with an empty server: rm -r ${desk}`,
  });
}

function placeGone(place: string, desk: string): CardctlError {
  return new CardctlError(
    'target',
    `the embedded Postgres that ${desk} refers to is gone: there is no ${place}`,
    { hint: `To begin anew with an empty server: rm -r ${desk}` },
  );
}

function dataGone({ data, desk, directory }: Home): CardctlError {
  return new CardctlError('target', `the data of the embedded Postgres is gone: no ${data}`, {
    hint: `Put it back, or begin anew with an empty server: rm -r ${[...new Set([desk, directory])].join(' ')}`,
  });
}

function passwordGone(desk: string): CardctlError {
  return new CardctlError(
    'target',
    `the password of the embedded Postgres is lost: there is no ${join(desk, 'server.json')}`,
    { hint: `Put it back, or begin anew with an empty server: rm -r ${desk}` },
  );
}
