/** Behind the last byte of the varint that `longVarint` read last. */
export let varintEnd = 0;

/**
 * The varint at `at`: fileformat2, section 1.6. For sizes and serial types, which stay below 2^53.
 *
 * Callers read varints of one byte, nearly all there are, by themselves, and the end comes in a
 * variable: a reader of whole headers made the census and the copy a quarter slower.
 */
export function longVarint(bytes: Uint8Array, at: number): number {
  let value = 0;
  let byte: number;
  do {
    byte = bytes[at++] as number;
    value = value * 128 + (byte & 0x7f);
  } while (byte >= 0x80);
  varintEnd = at;
  return value;
}
