import type { Report } from '../../lib/report.js';
import { GZIP_LEVEL } from '../../snapshot/archive/gzip.js';
import { runInChild } from '../../snapshot/take/child.js';
import { bytesFreeAt, diskFull } from '../../snapshot/take/output-error.js';
import type { Sample } from '../../snapshot/take/sample.js';

/** The sample may have met the part of the file that compresses best. */
const COMPRESSED_MARGIN = 1.25;
/** For the manifest and the directory, bytes. */
const EXTRA_BYTES = 1_024 * 1_024;

/** Looks at a few megabytes of the source, in a process of its own. */
export function sampleForBackup(
  sourcePath: string,
  surroundings: { report: Report; signal?: AbortSignal | undefined },
): Promise<Sample> {
  return runInChild('sample', { sourcePath, level: GZIP_LEVEL }, surroundings);
}

/** Bytes of output disk at the fullest moment: the snapshot and the compressed copy of it. */
export function bytesNeededFor({ bytes, compressRatio }: Sample): number {
  return Math.ceil(bytes * (1 + Math.min(1, compressRatio * COMPRESSED_MARGIN))) + EXTRA_BYTES;
}

/**
 * Makes sure that the backup will fit before any of it is written.
 *
 * @returns the bytes it will take at the fullest moment
 * @throws CardctlError `target` when there is not so much free.
 */
export function refuseFullDisk(outDir: string, sample: Sample): number {
  const bytesNeeded = bytesNeededFor(sample);
  const bytesFree = bytesFreeAt(outDir);
  if (bytesFree === undefined || bytesFree >= bytesNeeded) return bytesNeeded;
  throw diskFull('write a backup', outDir, { bytesFree, bytesNeeded });
}
