import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../../../edge/commands.js';
import type { EdgeConfig } from '../../../edge/config.js';
import { planShift } from '../../../edge/plan-shift.js';
import { renderServer } from '../../../edge/render-server.js';
import { CardctlError } from '../../../lib/errors.js';
import { type Child, start } from './processes.js';
import { nginxFiles } from './scratch-config.js';

const COMMAND_MS_MAX = 20_000;

/** What has to be on this machine, and where it mostly is when it is not in the PATH. */
const PROGRAMS = {
  nginx: ['nginx', '/usr/sbin/nginx', '/usr/local/sbin/nginx'],
  openssl: ['openssl'],
};

/**
 * The Nginx of this machine, as a program with the arguments that name the scratch one.
 *
 * @throws CardctlError `refused` without it, or without openssl to make a certificate with
 */
export async function scratchNginxCommand(
  directory: string,
): Promise<{ command: string[]; version: string }> {
  const [nginx] = await Promise.all([found('nginx', '-v'), found('openssl', 'version')]);
  const command = [
    nginx.program,
    '-e',
    join(directory, 'nginx-error.log'),
    '-c',
    configPath(directory),
  ];
  return { command, version: /nginx\/(\d+\.\d+\.\d+)/.exec(nginx.said)?.[1] ?? '1.22.1' };
}

/** Starts it with all traffic at the legacy bots. */
export async function startScratchNginx(
  directory: string,
  edge: EdgeConfig,
  { command, version }: { command: readonly string[]; version: string },
): Promise<Child> {
  const { upstreamFile, serverFile, certificate, certificateKey } = nginxFiles(directory);
  await runCommand(
    [
      ...(['openssl', 'req', '-x509', '-newkey', 'ec'] as const),
      ...['-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=rehearsal', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-out', certificate, '-keyout', certificateKey],
    ],
    { timeoutMsMax: COMMAND_MS_MAX },
  );
  mkdirSync(join(directory, 'nginx'));
  writeFileSync(upstreamFile, planShift(edge, 0, undefined).text);
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
  const untilMs = performance.now() + COMMAND_MS_MAX;
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

async function found(
  name: keyof typeof PROGRAMS,
  argument: string,
): Promise<{ program: string; said: string }> {
  for (const program of PROGRAMS[name]) {
    try {
      const { stdout, stderr } = await runCommand([program, argument], {
        timeoutMsMax: COMMAND_MS_MAX,
      });
      return { program, said: `${stdout}${stderr}` };
    } catch {
      // The next place.
    }
  }
  throw new CardctlError('refused', `there is no ${name} on this machine to rehearse with`, {
    hint: `install it, or rehearse on a machine that has it: apt-get install ${name}`,
  });
}
