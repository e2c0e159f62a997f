import { closeSync, fstatSync, openSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type JournalMode, openSource } from '../../drivers/sqlite.js';
import { explainSourceError } from '../../drivers/sqlite-errors.js';
import { readFully } from './passes.js';

export interface SampleOptions {
  sourcePath: string;
  /** gzip level, 1..9. */
  level: number;
}

const CHUNK_BYTES = 512 * 1_024;
const CHUNKS_MAX = 32;
/** A small source is read this often, so that a timer's grain does not decide. */
const BYTES_TIMED = 64 * CHUNK_BYTES;
/** The locked pass reads two files and compares them; reading one twice flatters it a little. */
const HOLD_MARGIN = 1.5;

/** What a look at a few megabytes of the source promises. */
export interface Sample {
  bytes: number;
  journalMode: JournalMode;
  /** Milliseconds; 0 in WAL mode. */
  holdMsEstimate: number;
  /** Compressed size / size. */
  compressRatio: number;
  /** Bytes a second: of reading cold, gzip and gunzip. */
  readRate: number;
  gzipRate: number;
  gunzipRate: number;
}

/** The task `sample`: takes no lock that outlives a read. For a process of its own. */
export async function sampleSource({ sourcePath, level }: SampleOptions): Promise<Sample> {
  const source = openSource(sourcePath);
  const { journalMode } = source;
  let fd: number;
  try {
    fd = openSync(sourcePath, 'r');
  } catch (error) {
    throw explainSourceError(sourcePath, error);
  } finally {
    source.close();
  }
  try {
    const bytes = fstatSync(fd).size;
    const file = { path: sourcePath, fd };
    const places = placesIn(bytes);
    const cold = timed(() => places.map((at) => readFully(file, Buffer.alloc(CHUNK_BYTES), at)));
    const plain = Buffer.concat(cold.result);
    const compareMs = compareMsPerByte(file, places, plain.length);
    const packed = timed(() => gzipSync(plain, { level }));
    const unpacked = timed(() => gunzipSync(packed.result));
    return {
      bytes,
      journalMode,
      holdMsEstimate: journalMode === 'wal' ? 0 : compareMs * bytes * HOLD_MARGIN,
      compressRatio: packed.result.length / plain.length,
      readRate: rate(plain.length, cold.ms),
      gzipRate: rate(plain.length, packed.ms),
      gunzipRate: rate(plain.length, unpacked.ms),
    };
  } finally {
    closeSync(fd);
  }
}

/** Where up to 32 chunks begin, spread evenly over the file, bytes. */
function placesIn(bytes: number): number[] {
  const count = Math.max(1, Math.min(CHUNKS_MAX, Math.floor(bytes / CHUNK_BYTES)));
  const stride = Math.floor(bytes / count);
  return Array.from({ length: count }, (_, index) => index * stride);
}

/** The work of the locked pass, on what is in the cache: two reads and a comparison. */
function compareMsPerByte(
  file: { path: string; fd: number },
  places: number[],
  bytes: number,
): number {
  const rounds = Math.ceil(BYTES_TIMED / bytes);
  const [one, other] = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)];
  const { ms } = timed(() => {
    for (let round = 0; round < rounds; round++) {
      for (const at of places) readFully(file, one, at).equals(readFully(file, other, at));
    }
  });
  return ms / (rounds * bytes);
}

function timed<Result>(body: () => Result): { result: Result; ms: number } {
  const startedMs = performance.now();
  const result = body();
  return { result, ms: performance.now() - startedMs };
}

function rate(bytes: number, ms: number): number {
  return bytes / (Math.max(ms, 0.001) / 1_000);
}
