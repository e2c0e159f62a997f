import { Command } from 'commander';
import type { EdgeConfig } from '../../edge/config.js';
import { type App, action } from '../app.js';
import { edgeOf } from '../engine/edge.js';
import type { Invocation, Outcome } from '../invocation.js';
import { recordedRun } from '../recorded-run.js';

interface NginxFlags {
  install?: boolean;
  nginxVersion?: string;
}

/** Debian 12's, where none is on this machine to be asked. */
const VERSION_ASSUMED = '1.22.1';

/** `cardctl nginx` */
export function nginxCommand(app: App): Command {
  return new Command('nginx')
    .description('print the configuration of Nginx for the bots, or install it')
    .option('--install', 'write the files, have Nginx test them, and reload')
    .option('--nginx-version <version>', 'write for this version (default: ask the one here)')
    .action(action(app, run));
}

async function run(invocation: Invocation, flags: NginxFlags): Promise<Outcome> {
  const config = await invocation.config();
  const edge = edgeOf(config);
  const { serverFile } = config.stacks.nginx;
  const { renderServer } = await import('../../edge/render-server.js');
  const { planShift } = await import('../../edge/plan-shift.js');
  const { filesOf } = await import('../../edge/files.js');
  const files = filesOf(edge.commands);
  const nginxVersion = flags.nginxVersion ?? (await versionHere(edge));
  // Cardbots keep a ledger. A bot of which no admin URL is known may be none, and then an update
  // that is sent twice counts twice.
  const ledger = edge.servers.every(
    ({ adminUrl, foreign }) => adminUrl !== undefined && foreign === undefined,
  );
  const server = renderServer(edge, { nginxVersion, ledger });
  const present = await files.read(edge.upstreamFile);
  // There is never a second author: a file that is there is changed by `shift` alone.
  const upstream = present ?? planShift(edge, 0, undefined).text;
  const result = { serverFile, upstreamFile: edge.upstreamFile, nginxVersion, server, upstream };
  if (flags.install !== true || invocation.options.dryRun === true) {
    return { result, text: printed(result, present !== undefined) };
  }
  return recordedRun(invocation, config, { serverFile }, async () => {
    const { installEdge } = await import('../../edge/install.js');
    await installEdge({
      config: edge,
      files,
      serverFile,
      server,
      upstream: present === undefined ? upstream : undefined,
      signal: invocation.signal,
    });
    return {
      result: { serverFile, upstreamFile: edge.upstreamFile, nginxVersion },
      text: [
        `installed ${serverFile}${present === undefined ? ` and ${edge.upstreamFile}, with all traffic to legacy` : ''}`,
        'next: cardctl shift --percent 10 --dry-run',
      ].join('\n'),
    };
  });
}

function printed(
  { serverFile, server, upstreamFile, upstream }: Record<string, string>,
  isThere: boolean,
): string {
  return [
    `# ---- ${upstreamFile}${isThere ? ' (as it is)' : ''}`,
    upstream?.trimEnd(),
    '',
    `# ---- ${serverFile}`,
    server?.trimEnd(),
  ].join('\n');
}

/** `nginx -v` speaks to standard error. */
async function versionHere({ commands }: EdgeConfig): Promise<string> {
  const [program] = commands.test;
  if (commands.files !== undefined) return VERSION_ASSUMED;
  const { runCommand } = await import('../../edge/commands.js');
  try {
    const { stderr } = await runCommand([program, '-v'], { timeoutMsMax: 5_000 });
    return /nginx\/(\d+\.\d+\.\d+)/.exec(stderr)?.[1] ?? VERSION_ASSUMED;
  } catch {
    return VERSION_ASSUMED;
  }
}
