import { expect, it } from 'vitest';
import { expectedBackup } from '../../../src/snapshot/expected-seconds.js';
import type { Sample } from '../../../src/snapshot/take/sample.js';

const SAMPLE: Sample = {
  bytes: 240e6,
  journalMode: 'rollback',
  holdMsEstimate: 500,
  compressRatio: 0.25,
  readRate: 480e6,
  gzipRate: 60e6,
  gunzipRate: 240e6,
};

it('a backup takes its snapshot, the slower of compressing and checking, and unpacking', () => {
  expect(expectedBackup(SAMPLE, { snapshotSeconds: 3 })).toEqual({
    seconds: 3 + 4 + 1,
    basis:
      'a snapshot took 3.00 s; a sample compressed at 60 MB/s and unpacked at 240 MB/s; checked at 120 MB/s',
  });
  expect(expectedBackup({ ...SAMPLE, gzipRate: 480e6 }, { snapshotSeconds: 3 }).seconds).toBe(
    3 + 2 + 1,
  );
});

it('a snapshot that was not taken is reckoned by the rate of the sample and its hold', () => {
  expect(expectedBackup(SAMPLE)).toEqual({
    seconds: 0.5 + 0.5 + 4 + 1,
    basis:
      'a sample was read at 480 MB/s; a sample compressed at 60 MB/s and unpacked at 240 MB/s; checked at 120 MB/s',
  });
});

it('a backup without a check is compressed and no more', () => {
  expect(expectedBackup(SAMPLE, { check: false })).toEqual({
    seconds: 0.5 + 0.5 + 4,
    basis: 'a sample was read at 480 MB/s; a sample compressed at 60 MB/s',
  });
});
