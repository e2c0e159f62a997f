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
  if (serial < 6) return { kind: 'integer', value: BigInt(bytes.readIntBE(at, length)) };
  const copy = Buffer.from(bytes.subarray(at, at + length));
  return serial % 2 === 0 ? { kind: 'blob', bytes: copy } : { kind: 'text', bytes: copy };
}
