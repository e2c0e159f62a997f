import { execFileSync } from 'node:child_process';
import { accessSync, constants, readdirSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** One of the programs that the tests run for real. */
export type ServerName = 'postgres' | 'pgbouncer' | 'redis-server' | 'nginx' | 'python3';

export interface FoundServer {
  name: ServerName;
  /** The program itself; PostgreSQL's `initdb` and `pg_ctl` stand beside it. */
  path: string;
  version: string;
}

interface ServerKind {
  name: ServerName;
  /** Programs that must stand in one directory; the first gives the path and the version. */
  programs: readonly [string, ...string[]];
  versionArgs: readonly string[];
  /** Directories to look in after PATH; `*` stands for one name. */
  places: readonly string[];
}

const SERVERS: readonly ServerKind[] = [
  {
    name: 'postgres',
    programs: ['postgres', 'initdb', 'pg_ctl'],
    versionArgs: ['--version'],
    places: [
      '/usr/lib/postgresql/*/bin',
      '/usr/pgsql-*/bin',
      '/usr/local/pgsql/bin',
      '/opt/homebrew/opt/postgresql*/bin',
      '/usr/local/opt/postgresql*/bin',
      '/Library/PostgreSQL/*/bin',
    ],
  },
  {
    name: 'pgbouncer',
    programs: ['pgbouncer'],
    versionArgs: ['--version'],
    places: ['/usr/sbin', '/opt/homebrew/bin', '/usr/local/bin', '/usr/local/sbin'],
  },
  {
    name: 'redis-server',
    programs: ['redis-server'],
    versionArgs: ['--version'],
    places: ['/usr/bin', '/opt/homebrew/bin', '/usr/local/bin'],
  },
  {
    name: 'nginx',
    programs: ['nginx'],
    versionArgs: ['-v'],
    places: ['/usr/sbin', '/opt/homebrew/bin', '/usr/local/bin', '/usr/local/sbin'],
  },
  {
    name: 'python3',
    programs: ['python3'],
    versionArgs: [
      '-c',
      'import sqlite3, sys; print(sys.version.split()[0], "sqlite", sqlite3.sqlite_version)',
    ],
    places: ['/usr/bin', '/opt/homebrew/bin', '/usr/local/bin'],
  },
];

/** Where to look: the real machine by default, a made-up one in tests. */
export interface Machine {
  pathVariable: string;
  /** Prefix of every place outside PATH. */
  root: string;
}

const thisMachine = (): Machine => ({ pathVariable: process.env.PATH ?? '', root: '' });

/** Finds one server, or undefined if it is not there or does not run. */
export function findServer(
  name: ServerName,
  machine: Machine = thisMachine(),
): FoundServer | undefined {
  const kind = SERVERS.find((server) => server.name === name);
  if (kind === undefined) return undefined;
  for (const directory of directoriesFor(kind, machine)) {
    if (!kind.programs.every((program) => isExecutable(join(directory, program)))) continue;
    const path = join(directory, kind.programs[0]);
    const version = versionOf(path, kind.versionArgs);
    if (version !== undefined) return { name, path, version };
  }
  return undefined;
}

/** Every server that the tests need, found or not, in a fixed order. */
export function findServers(machine: Machine = thisMachine()): {
  found: FoundServer[];
  missing: ServerName[];
} {
  const found: FoundServer[] = [];
  const missing: ServerName[] = [];
  for (const { name } of SERVERS) {
    const server = findServer(name, machine);
    if (server === undefined) missing.push(name);
    else found.push(server);
  }
  return { found, missing };
}

function directoriesFor(kind: ServerKind, machine: Machine): string[] {
  const onPath = machine.pathVariable.split(delimiter).filter((directory) => directory !== '');
  // A PATH entry may link to one program of a set: the set is where the link leads.
  const linked = onPath.flatMap((directory) => realDirectoryOf(join(directory, kind.programs[0])));
  const places = kind.places.flatMap((place) => expand(machine.root + place));
  return [...new Set([...onPath, ...linked, ...places])];
}

function realDirectoryOf(program: string): string[] {
  try {
    return [dirname(realpathSync(program))];
  } catch {
    return [];
  }
}

/** The directories that a pattern with one `*` stands for, the highest version first. */
function expand(pattern: string): string[] {
  const star = pattern.indexOf('*');
  if (star === -1) return [pattern];
  const parent = dirname(pattern.slice(0, star + 1));
  const prefix = pattern.slice(parent.length + 1, star);
  const rest = pattern.slice(star + 1);
  return namesIn(parent)
    .filter((name) => name.startsWith(prefix))
    .sort((left, right) => right.localeCompare(left, 'en', { numeric: true }))
    .map((name) => join(parent, name) + rest);
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function versionOf(path: string, args: readonly string[]): string | undefined {
  try {
    // nginx writes its version to stderr, so both streams are read.
    const output = execFileSync('/bin/sh', ['-c', '"$0" "$@" 2>&1', path, ...args], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    return /\d+\.\d[\w.]*(?: sqlite [\d.]+)?/.exec(output)?.[0];
  } catch {
    return undefined;
  }
}
