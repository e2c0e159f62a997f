import { dirname, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { CardctlError, codeOf, messageOf } from '../../lib/errors.js';
import { type App, action } from '../app.js';
import type { Invocation, Outcome } from '../invocation.js';
import { samePlace, shellLine } from '../shell.js';

interface InitFlags {
  source?: string;
  force?: boolean;
}

/** `cardctl init` */
export function initCommand(app: App): Command {
  return new Command('init')
    .description('write a commented configuration file')
    .option('--source <file>', 'the SQLite database, to be named in it')
    .option('--force', 'replace the file if it is there')
    .action(action(app, run));
}

async function run(invocation: Invocation, { source, force }: InitFlags): Promise<Outcome> {
  const { options, cwd } = invocation;
  const { configTemplate } = await import('../config/template.js');
  const path = resolve(cwd, options.config ?? 'cardctl.json');
  const text = configTemplate(source && relative(dirname(path), resolve(cwd, source)));
  if (options.dryRun) return { result: { path, text }, text };
  await write(path, text, force === true);
  const next = shellLine(['cardctl', 'assess', ...samePlace(options)]);
  return { result: { path }, text: `wrote ${path}\nnext: ${next}` };
}

async function write(path: string, text: string, force: boolean): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  try {
    // It may come to hold a password: nobody else reads it.
    await writeFile(path, text, { flag: force ? 'w' : 'wx', mode: 0o600 });
  } catch (error) {
    throw codeOf(error) === 'EEXIST' ? occupied(path) : unwritable(path, error);
  }
}

function occupied(path: string): CardctlError {
  return new CardctlError('refused', `${path} is there already; nothing was changed`, {
    hint: 'edit it, or replace it with: cardctl init --force',
  });
}

function unwritable(path: string, cause: unknown): CardctlError {
  return new CardctlError('usage', `cannot write ${path}: ${messageOf(cause)}`, {
    cause,
    hint: 'name a file that can be written to: cardctl init --config FILE',
  });
}
