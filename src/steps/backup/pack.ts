import { join } from 'node:path';
import type { Clock } from '../../lib/clock.js';
import { CardctlError, codeOf } from '../../lib/errors.js';
import type { Report } from '../../lib/report.js';
import {
  compressFile,
  type Digest,
  decompressFile,
  GZIP_LEVEL,
} from '../../snapshot/archive/gzip.js';
import { archiveName } from '../../snapshot/archive/layout.js';
import { runInChild } from '../../snapshot/take/child.js';
import type { Snapshot } from '../../snapshot/take/index.js';
import type { Inspection } from '../../snapshot/take/inspect.js';
import { timedStep } from './timed-step.js';

export interface PackOptions {
  sourcePath: string;
  check?: boolean | undefined;
  report: Report;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

export interface Packed {
  plain: Digest;
  packed: Digest;
  inspection: Inspection;
}

/**
 * Compresses the snapshot and proves that it unpacks, while another process checks the snapshot:
 * each takes one core for about as long. When either fails the other is stopped and waited for.
 */
export async function packAndInspect(
  partial: string,
  snapshot: Snapshot,
  options: PackOptions,
): Promise<Packed> {
  const either = new AbortController();
  const signals = [either.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const within = { ...options, signal: AbortSignal.any(signals) };
  const tasks = [packAndProve(partial, snapshot, within), check(snapshot, within)] as const;
  try {
    const [digests, inspection] = await Promise.all(tasks);
    return { ...digests, inspection };
  } catch (error) {
    either.abort();
    await Promise.allSettled(tasks);
    throw error;
  }
}

async function packAndProve(
  partial: string,
  snapshot: Snapshot,
  options: PackOptions,
): Promise<Pick<Packed, 'plain' | 'packed'>> {
  const archivePath = join(partial, archiveName(options.sourcePath));
  const digests = await pack(archivePath, snapshot, options);
  if (options.check ?? true) await proveRestorable(archivePath, digests.plain, options);
  else options.report({ type: 'step', step: 'restore check', state: 'skipped' });
  return digests;
}

async function pack(
  archivePath: string,
  snapshot: Snapshot,
  { signal, ...surroundings }: PackOptions,
): Promise<Pick<Packed, 'plain' | 'packed'>> {
  const { report } = surroundings;
  const total = snapshot.bytes;
  let digests: Pick<Packed, 'plain' | 'packed'> | undefined;
  await timedStep('compress', surroundings, async () => {
    const progress = (done: number) =>
      report({ type: 'progress', step: 'compress', task: 'gzip', unit: 'bytes', done, total });
    digests = await compressFile(snapshot.path, archivePath, GZIP_LEVEL, { signal, progress });
    const share = Math.round((digests.packed.bytes / Math.max(1, total)) * 100);
    return `${(digests.packed.bytes / 1e6).toFixed(1)} MB, ${share}% of the database`;
  });
  return digests as Pick<Packed, 'plain' | 'packed'>;
}

/** A backup counts once it has been restored: unpacks all of the archive and compares the hash. */
async function proveRestorable(
  archivePath: string,
  plain: Digest,
  { clock, report, signal }: PackOptions,
): Promise<void> {
  await timedStep('restore check', { clock, report }, async () => {
    const progress = (done: number) =>
      report({
        type: 'progress',
        step: 'restore check',
        task: 'unpack',
        unit: 'bytes',
        done,
        total: plain.bytes,
      });
    const restored = await decompressFile(archivePath, undefined, { signal, progress }).catch(
      (error: unknown) => {
        throw notRestorable(archivePath, error);
      },
    );
    if (restored.sha256 !== plain.sha256) throw notRestorable(archivePath);
    return 'unpacks to the same sha256';
  });
}

function notRestorable(archivePath: string, cause?: unknown): CardctlError {
  return new CardctlError('target', `what was written to ${archivePath} does not read back`, {
    hint: 'The output disk is failing: look at the system log, and give another disk with --out.',
    ...(cause === undefined ? {} : { cause }),
    details: { path: archivePath, cause: codeOf(cause) },
  });
}

async function check(
  snapshot: Snapshot,
  { check: isWanted = true, signal, ...surroundings }: PackOptions,
): Promise<Inspection> {
  const { report } = surroundings;
  const depth = isWanted ? 'full' : 'facts';
  let inspection: Inspection | undefined;
  await timedStep('check', surroundings, async () => {
    inspection = await runInChild('inspect', { path: snapshot.path, depth }, { report, signal });
    return outcomeOf(inspection);
  });
  for (const message of concernsOf(inspection as Inspection)) {
    report({ type: 'note', level: 'warning', message });
  }
  return inspection as Inspection;
}

function outcomeOf({ integrity, foreignKeys, tables }: Inspection): string {
  const rows = tables.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  const counted = `${tables.length} tables, ${rows.toLocaleString('en-US')} rows`;
  if (integrity.result === 'skipped') return `${counted}, integrity not checked`;
  const broken = foreignKeys.violations.toLocaleString('en-US');
  return `${counted}, integrity ${integrity.result}, ${broken} broken references`;
}

/** What the owner should know of the data. None of it makes the backup worse than the source. */
function concernsOf({ integrity, foreignKeys }: Inspection): string[] {
  const concerns = foreignKeys.references.map(
    ({ table, parent, rows }) =>
      `${rows.toLocaleString('en-US')} rows of ${table} refer to rows that ${parent ?? 'the parent table'} does not have. They are backed up as they are.`,
  );
  if (foreignKeys.result === 'impossible') {
    concerns.push(`The foreign keys could not be checked: ${foreignKeys.reason}.`);
  }
  if (integrity.result === 'impossible') {
    concerns.push(`The integrity check could not run: ${integrity.reason}.`);
  }
  const [first] = integrity.brokenRules;
  if (first !== undefined) {
    concerns.push(
      `Some rows break rules of their own table (${integrity.brokenRules.length} or more): ${first}. They are backed up as they are.`,
    );
  }
  return concerns;
}
