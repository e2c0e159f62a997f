import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { describeBytes, entropyBits, parseHeader } from '../../../src/drivers/sqlite-head.js';

describe('a file that is not SQLite is described', () => {
  it.each([
    ['gzip', gzipSync('x'), /compressed backup/, /cardctl restore/],
    ['noise', randomBytes(4096), /encrypted \(SQLCipher\?\)/, /sqlcipher_export/],
    ['zeros', Buffer.alloc(4096), /begins with zeros/, /backup/],
    ['a dump', Buffer.from('PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;'), /is text/, /sqlite3 /],
    ['a WAL', Buffer.from('377f068200000000', 'hex'), /-wal file/, /without -wal/],
    ['a journal', Buffer.from('d9d505f920a163d7', 'hex'), /-journal file/, /without -journal/],
    ['a Postgres dump', Buffer.from('PGDMP\x01\x0e'), /PostgreSQL dump/, /SQLite file/],
    ['anything else', Buffer.from('00ff00fe', 'hex'), /begins with 00ff00fe/, /--source/],
  ])('%s', (_kind, bytes, what, hint) => {
    const looks = describeBytes(bytes);
    expect(looks.what).toMatch(what);
    expect(looks.hint).toMatch(hint);
  });
});

it('measures entropy between 0 and 8 bits a byte', () => {
  expect(entropyBits(Buffer.alloc(256))).toBe(0);
  expect(entropyBits(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)))).toBe(8);
});

it('reads page size, page count and journal mode of a header', () => {
  const header = Buffer.alloc(100);
  header.write('SQLite format 3\0', 'latin1');
  header.writeUInt16BE(1, 16);
  header.writeUInt8(2, 18);
  header.writeUInt32BE(12, 28);
  expect(parseHeader(header)).toEqual({ pageSize: 65_536, pageCount: 12, isWal: true });
  expect(parseHeader(Buffer.alloc(100))).toEqual({ pageSize: 0, pageCount: 0, isWal: false });
});
