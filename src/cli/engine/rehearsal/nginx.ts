import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EdgeConfig } from '../../../edge/config.js';
import { renderServer } from '../../../edge/render-server.js';
import { CardctlError } from '../../../lib/errors.js';
import { type Child, start } from './processes.js';
import { findProgram, runProgram } from './program.js';
import { nginxFiles } from './scratch-config.js';

const START_MS_MAX = 20_000;

/** The Nginx of this machine. */
export interface ScratchNginx {
  /** The program and the arguments that name the scratch one. */
  command: readonly string[];
  /** Starts it on the upstream file that is there. */
  start(edge: EdgeConfig): Promise<Child>;
}

/** @returns the name of what is missing, where it cannot be had: openssl makes its certificate */
export async function scratchNginx(directory: string): Promise<ScratchNginx | { missing: string }> {
  const [nginx, openssl] = await Promise.all([
    findProgram('nginx', '-v'),
    findProgram('openssl', 'version'),
  ]);
  if (nginx === null) return { missing: 'nginx' };
  if (openssl === null) return { missing: 'openssl' };
  const errorLog = join(directory, 'nginx-error.log');
  const command = [nginx.program, '-e', errorLog, '-c', configPath(directory)];
  const version = /nginx\/(\d+\.\d+\.\d+)/.exec(nginx.said)?.[1] ?? '1.22.1';
  return { command, start: (edge) => startScratchNginx(directory, edge, { command, version }) };
}

async function startScratchNginx(
  directory: string,
  edge: EdgeConfig,
  { command, version }: { command: readonly string[]; version: string },
): Promise<Child> {
  const { serverFile, certificate, certificateKey } = nginxFiles(directory);
  await runProgram([
    ...(['openssl', 'req', '-x509', '-newkey', 'ec'] as const),
    ...['-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=rehearsal', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-out', certificate, '-keyout', certificateKey],
  ]);
  mkdirSync(join(directory, 'nginx'));
  writeFileSync(serverFile, renderServer(edge, { nginxVersion: version, ledger: true }));
  writeFileSync(configPath(directory), configText(directory));
  const [program = '', ...args] = command;
  const nginx = start(program, args);
  await untilStarted(directory, nginx);
  return nginx;
}

function configPath(directory: string): string {
  return join(directory, 'nginx.conf');
}

function configText(directory: string): string {
  const { upstreamFile, serverFile } = nginxFiles(directory);
  const scratch = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `    ${name}_temp_path ${join(directory, 'nginx', name)};`,
  );
  return [
    'daemon off;',
    // Its workers read and write in a directory that is open to its owner alone.
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'worker_processes 2;',
    'worker_shutdown_timeout 65s;',
    `pid ${pidPath(directory)};`,
    'events { worker_connections 512; }',
    'http {',
    '    access_log off;',
    ...scratch,
    `    include ${upstreamFile};`,
    `    include ${serverFile};`,
    '}',
    '',
  ].join('\n');
}

function pidPath(directory: string): string {
  return join(directory, 'nginx.pid');
}

/** Its pid file is written after its sockets are bound. */
async function untilStarted(directory: string, nginx: Child): Promise<void> {
  let over = false;
  const ended = nginx.ended.then(({ errors }) => {
    over = true;
    return errors;
  });
  const untilMs = performance.now() + START_MS_MAX;
  while (!over && performance.now() < untilMs) {
    try {
      if (readFileSync(pidPath(directory), 'utf8') === `${nginx.pid}\n`) return;
    } catch {
      // Not yet.
    }
    await sleep(50);
  }
  throw new CardctlError('edge', 'the Nginx of the rehearsal did not start', {
    hint: `look at what it says: nginx -t`,
    cause: new Error(over ? await ended : 'no pid file'),
  });
}
