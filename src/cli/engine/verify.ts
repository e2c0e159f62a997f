import { randomBytes } from 'node:crypto';
import type { MoveRules } from '../../snapshot/plan-move.js';
import { takeSnapshot } from '../../snapshot/take/index.js';
import { inWorkDir } from '../../snapshot/take/output-error.js';
import type { VerifyResult } from '../../steps/context.js';
import type { Deps } from '../../steps/step.js';
import { isLinked, type LiveMoment, openLive } from '../../steps/verify/live.js';
import { VERIFY_TITLE } from '../../steps/verify/progress.js';
import { verifyTarget } from '../../steps/verify/verify-target.js';
import { readPair } from '../../sync/pair.js';
import { dropProof, recordProof } from '../../sync/postgres/proof.js';
import { openPair } from './pair.js';
import { removeSnapshot, sweepVerifySnapshots, verifySnapshot } from './snapshots.js';
import { refuseUselessSource } from './source.js';
import { openConfiguredTarget } from './target.js';

export interface VerifyOptions {
  sourcePath: string;
  /** Null: the embedded Postgres of the work directory. */
  targetUrl: string | null;
  workDir: string;
  rules: MoveRules;
  /** Compare row counts only. */
  counts: boolean;
  /** Names of source tables; all when empty. */
  tables: readonly string[];
  limit: number;
  /** Have the rows that differ copied again, where the target follows. */
  repair: boolean;
  /** Longest hold of the source's writers for the copy, milliseconds. */
  holdMsMax?: number | undefined;
  /** Hold them for however long it takes. */
  acceptHold?: boolean | undefined;
}

export interface VerifyReport extends VerifyResult {
  /** Compared on a live system, at one position. */
  isLive: boolean;
  /** Rows that were marked to be copied again. */
  repaired: number;
}

/**
 * Compares the source as it is now with the target. A private snapshot is read, so that writers
 * are held for a moment and not for as long as the comparison takes.
 */
export async function verify(options: VerifyOptions, deps: Deps): Promise<VerifyReport> {
  const { sourcePath, workDir, holdMsMax, acceptHold } = options;
  refuseUselessSource(sourcePath);
  const { target } = await openConfiguredTarget(options.targetUrl, workDir, deps.signal);
  const snapshotPath = verifySnapshot(workDir, randomBytes(4).toString('hex'));
  try {
    sweepVerifySnapshots(workDir);
    const take = () =>
      takeSnapshot({
        ...deps,
        sourcePath,
        targetPath: snapshotPath,
        holdMsMax,
        acceptHold,
      }).catch((error: unknown) => Promise.reject(inWorkDir(error)));
    const authority = await isLinked(target);
    const { rules } = options;
    const live =
      authority === null
        ? undefined
        : await openLive({ target, snapshotPath, rules, authority }, take);
    if (live === undefined) await take();
    deps.report({ type: 'step', step: VERIFY_TITLE, state: 'started' });
    const startedMs = deps.clock.monotonicMs();
    const result = await verifyTarget({ ...options, snapshotPath, target, live }, deps);
    deps.report({
      type: 'step',
      step: VERIFY_TITLE,
      state: 'done',
      seconds: (deps.clock.monotonicMs() - startedMs) / 1000,
    });
    if (live === undefined) return { ...result, isLive: false, repaired: 0 };
    if (!result.equal) await dropProof(target);
    else if (!options.counts && options.tables.length === 0) await recordProof(target, result);
    const repaired = options.repair ? await repair(options, live, deps) : 0;
    return { ...result, isLive: true, repaired };
  } finally {
    removeSnapshot(snapshotPath);
    await target.close();
  }
}

/** Marks what differs as changed, in the log of the authority: the follower then copies it again. */
async function repair(options: VerifyOptions, live: LiveMoment, { signal }: Deps): Promise<number> {
  const rows = [...live.different].map(([table, keys]) => ({ table, keys: distinct(keys) }));
  const { pair, close } = await openPair(options, 'none', signal);
  try {
    const { authority } = await readPair(pair);
    await pair[authority.store].touch(rows);
  } finally {
    await close();
  }
  return rows.reduce((sum, { keys }) => sum + keys.length, 0);
}

function distinct(keys: readonly string[][]): string[][] {
  return [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
}
