import { randomBytes } from 'node:crypto';
import type { MoveRules } from '../../snapshot/plan-move.js';
import { takeSnapshot } from '../../snapshot/take/index.js';
import { inWorkDir } from '../../snapshot/take/output-error.js';
import type { VerifyResult } from '../../steps/context.js';
import type { Deps } from '../../steps/step.js';
import { VERIFY_TITLE } from '../../steps/verify/progress.js';
import { verifyTarget } from '../../steps/verify/verify-target.js';
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
}

/**
 * Compares the source as it is now with the target. A private snapshot is read, so that writers
 * are held for a moment and not for as long as the comparison takes.
 */
export async function verify(options: VerifyOptions, deps: Deps): Promise<VerifyResult> {
  const { sourcePath, workDir } = options;
  refuseUselessSource(sourcePath);
  const { target } = await openConfiguredTarget(options.targetUrl, workDir, deps.signal);
  const snapshotPath = verifySnapshot(workDir, randomBytes(4).toString('hex'));
  try {
    sweepVerifySnapshots(workDir);
    await takeSnapshot({ ...deps, sourcePath, targetPath: snapshotPath }).catch((error: unknown) =>
      Promise.reject(inWorkDir(error)),
    );
    deps.report({ type: 'step', step: VERIFY_TITLE, state: 'started' });
    const startedMs = deps.clock.monotonicMs();
    const result = await verifyTarget({ ...options, snapshotPath, target }, deps);
    deps.report({
      type: 'step',
      step: VERIFY_TITLE,
      state: 'done',
      seconds: (deps.clock.monotonicMs() - startedMs) / 1000,
    });
    return result;
  } finally {
    removeSnapshot(snapshotPath);
    await target.close();
  }
}
