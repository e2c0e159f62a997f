import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CardctlError } from '../../lib/errors.js';
import type { Config } from '../config/index.js';
import { readTargetFacts } from './move-status.js';

const CARDCTL = fileURLToPath(new URL('../../../bin/cardctl', import.meta.url));

/** How long it may take to be the one that applies changes, milliseconds. */
const START_MS_MAX = 20_000;

export interface FollowProcess {
  pid: number;
  logPath: string;
}

/**
 * Starts `cardctl follow` in a session of its own: it goes on when this process ends, and a Ctrl-C
 * does not reach it. Returns once it applies changes.
 *
 * @throws CardctlError `refused` when it ends before that, or takes too long
 */
export async function startFollowProcess(
  { file, workDir }: Config,
  targetUrl: string,
): Promise<FollowProcess> {
  const logPath = join(workDir, 'follow.log');
  const log = openSync(logPath, 'a', 0o600);
  const args = ['follow', '--plain', '--no-input', '--work-dir', workDir];
  const child = spawn(
    process.execPath,
    [CARDCTL, ...args, ...(file === null ? [] : ['--config', file])],
    { detached: true, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  child.unref();
  const untilMs = performance.now() + START_MS_MAX;
  for (;;) {
    if ((await readTargetFacts(targetUrl)).followers.length > 0) break;
    const isGone = child.exitCode !== null || child.pid === undefined;
    if (isGone || performance.now() > untilMs) throw notFollowing(logPath);
    await sleep(200);
  }
  return { pid: child.pid as number, logPath };
}

function notFollowing(logPath: string): CardctlError {
  const lines = readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-3);
  return new CardctlError('refused', `cardctl follow does not run: ${lines.join(' ')}`, {
    hint: `read ${logPath}, or run it yourself: cardctl follow`,
  });
}
