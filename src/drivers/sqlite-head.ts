import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const HEAD_BYTES = 4_096;
const MAGIC = 'SQLite format 3\0';

/** Shannon entropy above which bytes are taken for encrypted or compressed, bits per byte. */
const ENTROPY_BITS_HIGH = 7.5;
/** Fewer bytes than this cannot show a high entropy. */
const ENTROPY_SAMPLE_MIN = 1_024;

/** The start of a file and what its SQLite header says; zeros when it has none. */
export interface FileHead {
  bytes: Buffer;
  fileBytes: number;
  pageSize: number;
  pageCount: number;
  isWal: boolean;
}

/**
 * Reads the first bytes of a file, or undefined when it cannot be read.
 *
 * Only for a file on which this process holds no SQLite lock: closing the descriptor drops them.
 */
export function readHead(path: string): FileHead | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    const buffer = Buffer.alloc(HEAD_BYTES);
    const bytes = buffer.subarray(0, readSync(fd, buffer, 0, HEAD_BYTES, 0));
    return { bytes, fileBytes: fstatSync(fd).size, ...parseHeader(bytes) };
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Page size in bytes, page count and journal mode of a SQLite header; zeros if it is none. */
export function parseHeader(bytes: Buffer): Pick<FileHead, 'pageSize' | 'pageCount' | 'isWal'> {
  if (bytes.length < 100 || bytes.toString('latin1', 0, 16) !== MAGIC) {
    return { pageSize: 0, pageCount: 0, isWal: false };
  }
  const declaredSize = bytes.readUInt16BE(16);
  return {
    pageSize: declaredSize === 1 ? 65_536 : declaredSize,
    pageCount: bytes.readUInt32BE(28),
    isWal: bytes.readUInt8(18) === 2,
  };
}

export interface Looks {
  /** A clause: `it looks like …`. */
  what: string;
  hint: string;
}

/** What a file that is not SQLite looks like by its first bytes, and what to do with it. */
export function describeBytes(bytes: Buffer): Looks {
  for (const { magic, what, hint } of KNOWN) {
    if (bytes.subarray(0, magic.length).equals(magic)) return { what, hint };
  }
  if (bytes.every((byte) => byte === 0)) {
    return {
      what: 'it begins with zeros',
      hint: 'The disk was probably full, or the machine went down, while it was written. Take a backup of it.',
    };
  }
  if (isText(bytes)) {
    return {
      what: 'it is text',
      hint: 'If it is a dump, load it first: sqlite3 new.db < FILE, then give --source new.db.',
    };
  }
  if (bytes.length >= ENTROPY_SAMPLE_MIN && entropyBits(bytes) > ENTROPY_BITS_HIGH) {
    return {
      what: 'it is encrypted (SQLCipher?) or something else',
      hint: 'If it is encrypted, export a plain copy with the program that has the key (in SQLCipher: sqlcipher_export) and give that with --source.',
    };
  }
  return {
    what: `it begins with ${bytes.subarray(0, 16).toString('hex')}`,
    hint: 'Give the path of the SQLite file with --source.',
  };
}

/** Shannon entropy of the bytes, bits per byte: 0 for one value only, 8 for noise. */
export function entropyBits(bytes: Buffer): number {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  let bits = 0;
  for (const count of counts) {
    if (count > 0) bits -= (count / bytes.length) * Math.log2(count / bytes.length);
  }
  return bits;
}

function isText(bytes: Buffer): boolean {
  return (
    bytes.every((byte) => byte >= 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) &&
    !bytes.toString('utf8', 0, Math.max(0, bytes.length - 3)).includes('\uFFFD')
  );
}

const UNPACK = 'Unpack it first, and give the database inside with --source.';

const KNOWN: readonly { magic: Buffer; what: string; hint: string }[] = [
  {
    magic: Buffer.from('1f8b', 'hex'),
    what: 'it looks like a compressed backup (gzip)',
    hint: 'Restore it first: cardctl restore BACKUP --to FILE, then give --source FILE. A plain .gz is unpacked with gunzip.',
  },
  { magic: Buffer.from('28b52ffd', 'hex'), what: 'it looks like a zstd archive', hint: UNPACK },
  { magic: Buffer.from('fd377a585a00', 'hex'), what: 'it looks like an xz archive', hint: UNPACK },
  { magic: Buffer.from('425a68', 'hex'), what: 'it looks like a bzip2 archive', hint: UNPACK },
  { magic: Buffer.from('504b0304', 'hex'), what: 'it looks like a zip archive', hint: UNPACK },
  {
    magic: Buffer.from('PGDMP'),
    what: 'it looks like a PostgreSQL dump',
    hint: 'The source is the SQLite file; give it with --source.',
  },
  {
    magic: Buffer.from('377f0682', 'hex'),
    what: 'it looks like the -wal file of a database',
    hint: 'Give the database itself with --source: the same name without -wal.',
  },
  {
    magic: Buffer.from('377f0683', 'hex'),
    what: 'it looks like the -wal file of a database',
    hint: 'Give the database itself with --source: the same name without -wal.',
  },
  {
    magic: Buffer.from('d9d505f920a163d7', 'hex'),
    what: 'it looks like the -journal file of a database',
    hint: 'Give the database itself with --source: the same name without -journal.',
  },
  {
    magic: Buffer.from('** This file contains an SQLite 2'),
    what: 'it is a SQLite 2 database',
    hint: 'Convert it first: sqlite OLD .dump | sqlite3 new.db, then give --source new.db.',
  },
];
