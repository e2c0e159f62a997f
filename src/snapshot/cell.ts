import type { Cell } from '../schema/cell.js';

export type { Cell } from '../schema/cell.js';

/** Bytes that a serial type takes in the record body: fileformat2, section 2.1. */
export function serialLength(serial: number): number {
  if (serial >= 12) return (serial - (serial & 1) - 12) / 2;
  return SHORT_LENGTHS[serial] as number;
}

const SHORT_LENGTHS = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0];

/** Decodes the value at `at`; text and blobs are copies, safe to keep. */
export function decodeCell(bytes: Buffer, at: number, serial: number): Cell {
  if (serial === 0) return { kind: 'null' };
  if (serial === 7) return { kind: 'real', value: bytes.readDoubleBE(at) };
  if (serial === 8) return { kind: 'integer', value: 0n };
  if (serial === 9) return { kind: 'integer', value: 1n };
  if (serial === 6) return { kind: 'integer', value: bytes.readBigInt64BE(at) };
  const length = serialLength(serial);
  if (serial < 6) return { kind: 'integer', value: BigInt(readNumber(bytes, at, serial)) };
  const copy = Buffer.from(bytes.subarray(at, at + length));
  return serial % 2 === 0 ? { kind: 'blob', bytes: copy } : { kind: 'text', bytes: copy };
}

/** A stored number as a double: exact for integers of up to 2^53. */
export function readNumber(bytes: Buffer, at: number, serial: number): number {
  switch (serial) {
    case 1:
      return ((bytes[at] as number) << 24) >> 24;
    case 2:
      return (((bytes[at] as number) << 24) >> 16) | (bytes[at + 1] as number);
    case 3:
      return (
        (((bytes[at] as number) << 24) >> 8) |
        ((bytes[at + 1] as number) << 8) |
        (bytes[at + 2] as number)
      );
    case 4:
      return bytes.readInt32BE(at);
    case 5:
      return bytes.readInt16BE(at) * 0x100000000 + bytes.readUInt32BE(at + 2);
    case 6:
      return bytes.readInt32BE(at) * 0x100000000 + bytes.readUInt32BE(at + 4);
    case 7:
      return bytes.readDoubleBE(at);
    default:
      return serial === 9 ? 1 : 0;
  }
}

/** Whether the eight-byte integer at `at` is one that `readNumber` gives exactly. */
export function isSafeInteger(bytes: Buffer, at: number): boolean {
  const high = bytes.readInt32BE(at);
  return high > -0x200000 && high < 0x200000;
}
