import { closeSync, fdatasyncSync, fstatSync, openSync, statSync } from 'node:fs';
import { journalModeOf, type Source } from '../../drivers/sqlite.js';
import { explainSourceError } from '../../drivers/sqlite-errors.js';
import { CardctlError } from '../../lib/errors.js';
import type { Report } from '../../lib/report.js';
import { CountAhead } from './count-ahead.js';
import { outputError } from './output-error.js';
import { copyPass, type FilePair, patchPass, readFully } from './passes.js';
import { acquireReadLock } from './read-lock.js';
import type { Copy, CopyOptions } from './tasks.js';

/** How often a hold that grew past its bound is given up and tried again. */
const HOLDS_MAX = 3;

type Held = Pick<Copy, 'holdMs' | 'holdMsEstimate' | 'lockWaitMs'>;
type HeldWithHeadStart = Held & Pick<Copy, 'headStart'>;

/**
 * Copies a source in rollback-journal mode, holding writers only for one comparison in memory.
 *
 * 1. Copy the file with no lock at all. Pages that change meanwhile come out mixed: no matter.
 * 2. Rehearse: compare the two files and patch what differs, with no lock. This is the work that
 *    the lock will be held for, so its time is the estimate; what remains to patch gets small.
 * 3. Take the lock (SHARED: commits wait, the bot's busy timeout runs), compare and patch once
 *    more, release. Nothing can change under it, so now the copy *is* the source.
 *
 * A hold that outgrows `holdMsMax` is given up, not sat through, unless `acceptHold`.
 */
export async function copyUnderLock(
  source: Source,
  options: CopyOptions,
  report: Report,
): Promise<HeldWithHeadStart> {
  // Closed after the connection's lock is released: a close drops this process's locks.
  const files = openBoth(source, options);
  const ahead = options.countAhead ? CountAhead.begin(source, files) : null;
  try {
    await copyPass(
      files,
      (done, total) => {
        report({ type: 'progress', step: 'snapshot', task: 'copy', unit: 'bytes', done, total });
      },
      (done) => ahead?.copied(done),
    );
    const holdMsEstimate = await rehearse(files, options);
    announce(holdMsEstimate, files, options, report);
    const held = await holdAndPatch(source, files, options, report);
    fdatasyncTarget(files);
    const headStart = (await ahead?.finish(files.patchedPages)) ?? null;
    return { ...held, holdMsEstimate, headStart };
  } finally {
    await ahead?.close();
    closeSync(files.sourceFd);
    closeSync(files.targetFd);
  }
}

function openBoth(source: Source, { sourcePath, targetPath }: CopyOptions): FilePair {
  let sourceFd: number;
  try {
    sourceFd = openSync(sourcePath, 'r');
  } catch (error) {
    throw explainSourceError(sourcePath, error);
  }
  try {
    return {
      sourcePath,
      targetPath,
      sourceFd,
      targetFd: openSync(targetPath, 'r+'),
      pageSize: Number(source.db.pragma('page_size', { simple: true })),
      patchedPages: new Set(),
    };
  } catch (error) {
    closeSync(sourceFd);
    throw outputError('make the snapshot', targetPath, error);
  }
}

/** Milliseconds the locked pass will take. A slow first time may be a cold cache: try once more. */
async function rehearse(files: FilePair, { holdMsMax }: CopyOptions): Promise<number> {
  const first = await patchPass(files, Number.POSITIVE_INFINITY);
  if (first.ms <= holdMsMax) return first.ms;
  return (await patchPass(files, Number.POSITIVE_INFINITY)).ms;
}

function announce(
  holdMsEstimate: number,
  { sourceFd, sourcePath }: FilePair,
  { acceptHold, holdMsMax }: CopyOptions,
  report: Report,
): void {
  const size = `${(fstatSync(sourceFd).size / 1e6).toFixed(0)} MB in rollback-journal mode`;
  if (holdMsEstimate > holdMsMax && !acceptHold) {
    throw holdTooLong(sourcePath, holdMsEstimate, holdMsMax);
  }
  report({
    type: 'note',
    level: holdMsEstimate > holdMsMax ? 'warning' : 'info',
    message: `Writers will now be held for about ${seconds(holdMsEstimate)} s (${size}, measured by a rehearsal).`,
  });
}

async function holdAndPatch(
  source: Source,
  files: FilePair,
  options: CopyOptions,
  report: Report,
): Promise<Omit<Held, 'holdMsEstimate'>> {
  const { acceptHold, holdMsMax, lockWaitMsMax } = options;
  const deadlineMs = acceptHold ? Number.POSITIVE_INFINITY : holdMsMax;
  let holdMs = 0;
  let lockWaitMs = 0;
  for (let hold = 1; hold <= HOLDS_MAX; hold++) {
    const lock = await acquireReadLock(source, lockWaitMsMax);
    lockWaitMs += lock.waitedMs;
    let finished: boolean;
    try {
      refuseOtherMode(source);
      finished = await patchWhileStill(files, deadlineMs);
    } finally {
      holdMs = Math.max(holdMs, lock.release());
    }
    if (finished) return { holdMs, lockWaitMs };
    report({
      type: 'note',
      level: 'warning',
      message: `Released the writers after ${seconds(holdMs)} s, before the copy was whole: the disk is slower than in the rehearsal.`,
    });
  }
  throw holdTooLong(files.sourcePath, holdMs, holdMsMax);
}

/**
 * Patches under the lock and makes sure that the lock did hold: a program that writes past
 * SQLite, a network disk without locks, or a file put in this one's place would show.
 */
async function patchWhileStill(files: FilePair, deadlineMs: number): Promise<boolean> {
  const before = stampOf(files);
  const { finished } = await patchPass(files, deadlineMs);
  const after = stampOf(files);
  if (before === after) return finished;
  throw new CardctlError('source', `${files.sourcePath} changed while it was locked`, {
    hint: 'Something replaces the file or writes to it without SQLite locks (a sync tool, a network disk, cp over it). Stop that, then run this again.',
    details: { before, after },
  });
}

/** Changes with every commit (the header's change counter), every write and every replacement. */
function stampOf({ sourcePath, sourceFd, targetPath }: FilePair): string {
  const open = fstatSync(sourceFd, { bigint: true });
  const named = statSync(sourcePath, { bigint: true, throwIfNoEntry: false });
  const head = Buffer.alloc(100);
  readFully({ path: sourcePath, fd: sourceFd }, head, 0);
  const isSame = named !== undefined && named.ino === open.ino && named.dev === open.dev;
  if (!isSame) {
    throw new CardctlError('source', `${sourcePath} was replaced by another file meanwhile`, {
      hint: 'Run the backup again.',
      details: { targetPath },
    });
  }
  return `change counter ${head.readUInt32BE(24)}, ${open.size} bytes, modified ${open.mtimeNs}`;
}

function refuseOtherMode(source: Source): void {
  if (journalModeOf(source.db) === source.journalMode) return;
  throw new CardctlError(
    'source',
    `${source.path} was switched to another journal mode meanwhile`,
    {
      hint: 'Run the backup again.',
    },
  );
}

function holdTooLong(sourcePath: string, holdMs: number, holdMsMax: number): CardctlError {
  return new CardctlError(
    'refused',
    `writers would be held for about ${seconds(holdMs)} s, more than ${seconds(holdMsMax)} s; nothing was changed`,
    {
      hint: `Switch the bot's database to WAL, where a backup holds nobody: sqlite3 ${sourcePath} 'PRAGMA journal_mode=WAL'. Or hold them anyway: --accept-hold.`,
      details: { holdMsEstimate: holdMs, holdMsMax },
    },
  );
}

function fdatasyncTarget({ targetFd, targetPath }: FilePair): void {
  try {
    fdatasyncSync(targetFd);
  } catch (error) {
    throw outputError('write the snapshot', targetPath, error);
  }
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(2);
}
