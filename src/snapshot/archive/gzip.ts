import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

const CHUNK_BYTES = 256 * 1_024;

/** gzip level: on game data 6 makes files 8% smaller in over one and a half times the time. */
export const GZIP_LEVEL = 1;

export interface Digest {
  bytes: number;
  /** Hex. */
  sha256: string;
}

export interface StreamOptions {
  signal?: AbortSignal | undefined;
  /** Called with the bytes read so far. */
  progress?: (bytes: number) => void;
}

/**
 * Compresses `from` into the new file `to` (mode 0600, flushed to disk), hashing both on the way.
 *
 * @param level gzip level, 1 (fast) to 9 (small)
 */
export async function compressFile(
  from: string,
  to: string,
  level: number,
  { signal, progress }: StreamOptions = {},
): Promise<{ plain: Digest; packed: Digest }> {
  const plain = new Tap(progress);
  const packed = new Tap();
  await pipeline(
    createReadStream(from, { highWaterMark: CHUNK_BYTES }),
    plain,
    createGzip({ level, chunkSize: CHUNK_BYTES }),
    packed,
    createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true, highWaterMark: CHUNK_BYTES }),
    { signal },
  );
  return { plain: plain.digest(), packed: packed.digest() };
}

/**
 * Unpacks a gzip file, hashing what comes out.
 *
 * @param to a new file (mode 0600, flushed to disk); without it the bytes are only hashed
 */
export async function decompressFile(
  from: string,
  to: string | undefined,
  { signal, progress }: StreamOptions = {},
): Promise<Digest> {
  const plain = new Tap(progress);
  const sink =
    to === undefined
      ? new Writable({ write: (_chunk, _encoding, done) => done() })
      : createWriteStream(to, {
          flags: 'wx',
          mode: 0o600,
          flush: true,
          highWaterMark: CHUNK_BYTES,
        });
  await pipeline(
    createReadStream(from, { highWaterMark: CHUNK_BYTES }),
    createGunzip({ chunkSize: CHUNK_BYTES }),
    plain,
    sink,
    { signal },
  );
  return plain.digest();
}

/** Hashes a file as it is. */
export async function digestFile(
  path: string,
  { signal, progress }: StreamOptions = {},
): Promise<Digest> {
  const tap = new Tap(progress);
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(createReadStream(path, { highWaterMark: CHUNK_BYTES }), tap, sink, { signal });
  return tap.digest();
}

/** Passes bytes on, counting and hashing them. */
class Tap extends Transform {
  #bytes = 0;
  readonly #hash: Hash = createHash('sha256');
  readonly #progress: ((bytes: number) => void) | undefined;

  constructor(progress?: (bytes: number) => void) {
    super({ highWaterMark: CHUNK_BYTES });
    this.#progress = progress;
  }

  override _transform(
    chunk: Buffer,
    _encoding: string,
    done: (e: null, out: Buffer) => void,
  ): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    this.#progress?.(this.#bytes);
    done(null, chunk);
  }

  digest(): Digest {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
