import type { PageFile } from './page-file.js';

/**
 * Text of a database as UTF-8.
 *
 * UTF-16 with a lone surrogate has no UTF-8 form: it comes back with the surrogate written as the
 * three bytes that UTF-8 forbids, so that the census sees it and nothing is replaced in silence.
 */
export function utf8Of(bytes: Buffer, encoding: PageFile['encoding']): Buffer {
  if (encoding === 'utf8') return bytes;
  const text =
    encoding === 'utf16le'
      ? bytes.toString('utf16le')
      : Buffer.from(bytes.subarray(0, bytes.length & ~1))
          .swap16()
          .toString('utf16le');
  if (!LONE_SURROGATE.test(text)) return Buffer.from(text, 'utf8');
  return Buffer.concat(Array.from(text, forbiddenBytes));
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function forbiddenBytes(character: string): Buffer {
  if (!LONE_SURROGATE.test(character)) return Buffer.from(character, 'utf8');
  const code = character.charCodeAt(0);
  return Buffer.from([0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]);
}
