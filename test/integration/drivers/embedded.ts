import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { removeEmbedded } from '../../../src/drivers/embedded-postgres.js';
import { openTarget } from '../../../src/drivers/postgres.js';
import { atEnd } from '../../support/cleanup.js';
import { guardServer } from '../../support/guard.js';
import { startProcess } from '../../support/process.js';
import { projectForOthers } from '../../support/project-for-others.js';
import { tempDir } from '../../support/temp-dir.js';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const isRoot = process.getuid?.() === 0;

/** Nobody's numbers, from `id`, for what must run as an ordinary user. */
export const nobody = {
  uid: Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' })),
  gid: Number(execFileSync('id', ['-g', 'nobody'], { encoding: 'utf8' })),
};

/** A work directory whose server is stopped and removed at the end, or when the run is killed. */
export async function workDirectory(options: { closed?: boolean } = {}): Promise<string> {
  const workDir = join(await tempDir({ forOthers: !options.closed }), '.cardctl');
  return guarded(workDir);
}

export function guarded(workDir: string): string {
  const directory = join(workDir, 'postgres');
  const guard = guardServer({ pidFile: join(directory, 'data/postmaster.pid'), directory });
  atEnd(async () => {
    await removeEmbedded(workDir);
    guard.dismiss();
  });
  return workDir;
}

/** A separate process that calls startEmbedded and prints what it got, or the error. */
export function startElsewhere(
  workDir: string,
  options: { as?: { uid: number; gid: number }; checkout?: string; cwd?: string } = {},
) {
  const { as } = options;
  const project = as === undefined ? ROOT : projectForOthers();
  const { checkout = project, cwd = project } = options;
  const module = pathToFileURL(join(checkout, 'src/drivers/embedded-postgres.ts')).href;
  const tsx = pathToFileURL(join(project, 'node_modules/tsx/dist/loader.mjs')).href;
  const become =
    as && `process.setgroups([]); process.setgid(${as.gid}); process.setuid(${as.uid});`;
  const code = `
    process.umask(0o022);
    ${become ?? ''}
    const { startEmbedded } = await import(${JSON.stringify(module)});
    const show = ({ message, code, hint }) => ({ error: { message, code, hint } });
    const result = await startEmbedded(${JSON.stringify(workDir)}).catch(show);
    console.log(JSON.stringify(result));
  `;
  const args = ['--import', tsx, '--input-type=module', '-e', code];
  return startProcess(process.execPath, args, { cwd });
}

export async function ask(url: string, sql: string): Promise<(string | null)[]> {
  const target = openTarget(url);
  try {
    const { rows } = await target.query(sql);
    return rows.flatMap((row) => Object.values(row));
  } finally {
    await target.close();
  }
}

export function serverPid(dataDir: string): number {
  return Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** Every running process with this text in its command line or its environment. */
export function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => `/proc/${pid}/${file}`))
    .filter((path) => contentOf(path).includes(text));
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
