import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerName } from './find.js';

const DEBIAN_PACKAGES: Record<ServerName, readonly string[]> = {
  postgres: ['postgresql'],
  pgbouncer: ['pgbouncer'],
  'redis-server': ['redis-server'],
  nginx: ['nginx'],
  python3: ['python3'],
};

const BREW_FORMULAE: Record<ServerName, string> = {
  postgres: 'postgresql@17',
  pgbouncer: 'pgbouncer',
  'redis-server': 'redis',
  nginx: 'nginx',
  python3: 'python@3',
};

/** What this machine allows: its own package tool, and the right to use it. */
export interface Means {
  platform: NodeJS.Platform;
  aptGet: boolean;
  root: boolean;
  /** `sudo` answers without asking for a password. */
  sudo: boolean;
}

/** The command that installs what is missing, or the one line that says what a person must do. */
export function planInstall(
  missing: readonly ServerName[],
  means: Means,
): { command: readonly [string, ...string[]] } | { advice: string } {
  const packages = missing.flatMap((name) => DEBIAN_PACKAGES[name]);
  const script = fileURLToPath(new URL('apt-install.sh', import.meta.url));
  if (means.aptGet && means.root) return { command: ['sh', script, ...packages] };
  if (means.aptGet && means.sudo) return { command: ['sudo', '-n', 'sh', script, ...packages] };
  return { advice: adviceFor(missing, packages, means) };
}

/** Runs a planned command with its output on stderr; true when it exited with 0. */
export function runInstall(command: readonly [string, ...string[]]): boolean {
  const [program, ...args] = command;
  return spawnSync(program, args, { stdio: ['ignore', 2, 2] }).status === 0;
}

/** Looks at this machine. */
export function meansHere(): Means {
  const root = process.getuid?.() === 0;
  const aptGet = process.platform === 'linux' && onPath('apt-get');
  const sudo =
    aptGet && !root && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return { platform: process.platform, aptGet, root, sudo };
}

function adviceFor(
  missing: readonly ServerName[],
  packages: readonly string[],
  means: Means,
): string {
  const what = `missing: ${missing.join(', ')}`;
  if (means.aptGet) {
    return `${what}; run: sudo apt-get install --no-install-recommends ${packages.join(' ')}`;
  }
  if (means.platform === 'darwin') {
    return `${what}; run: brew install ${missing.map((name) => BREW_FORMULAE[name]).join(' ')}`;
  }
  return `${what}; install them with this system's package tool`;
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
