import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServer } from '../../scripts/servers/find.js';
import { guardServer } from './guard.js';

/** A running Nginx of a test's own: a master and two workers. */
export interface Nginx {
  /** The program and the arguments that name this Nginx; `-t` or `-s reload` come after them. */
  command: [string, ...string[]];
  masterPid: number;
  errorLog(): Promise<string>;
  /** Stops it and removes its directory. */
  stop(): Promise<void>;
}

/** A new directory for one Nginx: what it is to include is written here before it starts. */
export async function nginxHome(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'cardctl-nginx-'));
}

/**
 * Starts Nginx in its directory with these files in its http block. It ends with this process even
 * when that is killed. The files must bind ports that are free.
 */
export async function startNginx(home: string, includes: readonly string[]): Promise<Nginx> {
  const found = findServer('nginx');
  if (found === undefined) throw new Error('no Nginx here; run: npm test');
  const pidFile = join(home, 'nginx.pid');
  await mkdir(join(home, 'scratch'));
  const configFile = join(home, 'nginx.conf');
  await writeFile(configFile, configOf(home, includes));
  const guard = guardServer({ pidFile, directory: home });
  const errorLog = () => readFile(join(home, 'error.log'), 'utf8').catch(() => '(no log)');
  const command: [string, ...string[]] = [
    found.path,
    '-e',
    join(home, 'error.log'),
    '-c',
    configFile,
  ];
  const server = await spawnNginx(home, command);
  const stop = async () => {
    await end(server);
    guard.dismiss();
    await rm(home, { recursive: true, force: true });
  };
  try {
    await untilStarted(server, pidFile);
  } catch (error) {
    const log = await errorLog();
    await stop();
    throw new Error(`Nginx did not start:\n${log}`, { cause: error });
  }
  return { command, masterPid: server.pid ?? 0, errorLog, stop };
}

function configOf(home: string, includes: readonly string[]): string {
  const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `    ${name}_temp_path ${join(home, 'scratch', name)};`,
  );
  return `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 2;
worker_shutdown_timeout 65s;
pid ${join(home, 'nginx.pid')};
error_log ${join(home, 'error.log')} notice;
events { worker_connections 512; }
http {
    access_log off;
${scratch.join('\n')}
${includes.map((path) => `    include ${path};`).join('\n')}
}
`;
}

async function spawnNginx(home: string, [program, ...args]: string[]): Promise<ChildProcess> {
  const log = await open(join(home, 'error.log'), 'a');
  const server = spawn(program ?? '', args, {
    cwd: home,
    // Out of the terminal's process group: Ctrl-C is the guard's business.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await once(server, 'spawn');
  server.unref();
  await log.close();
  return server;
}

/** Its pid file is written after its sockets are bound. */
async function untilStarted(server: ChildProcess, pidFile: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while ((await readFile(pidFile, 'utf8').catch(() => '')) !== `${server.pid}\n`) {
    if (hasEnded(server)) throw new Error(`it ended with exit code ${server.exitCode}`);
    if (performance.now() > deadline) throw new Error('no pid file within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A fast shutdown; after ten seconds, a kill. */
async function end(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return;
  server.ref();
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  const impatience = setTimeout(() => server.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(impatience);
}

function hasEnded(server: ChildProcess): boolean {
  return server.exitCode !== null || server.signalCode !== null;
}
