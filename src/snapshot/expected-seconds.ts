import type { Sample } from './take/sample.js';

/**
 * How much longer the load takes than one pass over the rows: COPY, indexes and keys on two cores
 * that Postgres shares.
 */
const LOAD_PER_READ = 10;
/** The same for a full verify. */
const VERIFY_PER_READ = 5;
const FACTORS_SOURCE = 'docs/benchmarks.md';

/** integrity_check and the counts, bytes a second on one core; measured on game data. */
const CHECK_RATE = 120e6;

/** What something takes, and where the number comes from. */
export interface Expected {
  seconds: number;
  basis: string;
}

/** Of copying rows and building indexes and keys, by the time of one pass over the rows. */
export function expectedLoad(readSeconds: number): Expected {
  return {
    seconds: readSeconds * LOAD_PER_READ,
    basis: `every row was read in ${readSeconds.toFixed(2)} s; times ${LOAD_PER_READ} (${FACTORS_SOURCE})`,
  };
}

/** Of comparing every value, by the time of one pass over the rows. */
export function expectedVerify(readSeconds: number): Expected {
  return {
    seconds: readSeconds * VERIFY_PER_READ,
    basis: `every row was read in ${readSeconds.toFixed(2)} s; times ${VERIFY_PER_READ} (${FACTORS_SOURCE})`,
  };
}

/** Of a backup: the snapshot, then compressing and checking side by side, then unpacking. */
export function expectedBackup(
  sample: Sample,
  { snapshotSeconds, check = true }: BackupFacts = {},
): Expected {
  const { bytes, readRate, gzipRate, gunzipRate, holdMsEstimate } = sample;
  const snapshot = snapshotSeconds ?? bytes / readRate + holdMsEstimate / 1_000;
  const pack = bytes / gzipRate;
  const checked = Math.max(pack, bytes / CHECK_RATE) + bytes / gunzipRate;
  const rate = (bytesPerSecond: number) => `${(bytesPerSecond / 1e6).toFixed(0)} MB/s`;
  const basis = [
    snapshotSeconds === undefined
      ? `a sample was read at ${rate(readRate)}`
      : `a snapshot took ${snapshotSeconds.toFixed(2)} s`,
    `a sample compressed at ${rate(gzipRate)}${check ? ` and unpacked at ${rate(gunzipRate)}` : ''}`,
    ...(check ? [`checked at ${rate(CHECK_RATE)}`] : []),
  ];
  return { seconds: snapshot + (check ? checked : pack), basis: basis.join('; ') };
}

interface BackupFacts {
  /** What a snapshot of the same source took; without it, the sample says. */
  snapshotSeconds?: number;
  /** The backup is checked and unpacked again once it is written. */
  check?: boolean;
}
