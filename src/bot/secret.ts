import { hash, timingSafeEqual } from 'node:crypto';

/** Compares what was given with a secret, in a time that tells nothing of either. */
export function secretCheck(secret: string): (given: unknown) => boolean {
  const expected = digestOf(secret);
  return (given) => typeof given === 'string' && timingSafeEqual(digestOf(given), expected);
}

/** Digests are of one length, as `timingSafeEqual` wants them. */
function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
