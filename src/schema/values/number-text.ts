/**
 * A double as Postgres prints it (`extra_float_digits` 1 and up): the shortest digits that read
 * back to the same number.
 */
export function doubleText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'Infinity';
  if (value === Number.NEGATIVE_INFINITY) return '-Infinity';
  if (Object.is(value, -0)) return '-0';
  const { mantissa, exponent } = mayLieOnBounds(value) ? strictlyInside(value) : scientific(value);
  if (value === 0 || (exponent >= -4 && exponent < 15)) return String(value);
  const sign = exponent < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** A double as Postgres prints a `numeric` of the same digits: never with an exponent. */
export function plainText(value: number): string {
  if (!Number.isFinite(value) || value === 0) return doubleText(value);
  const { mantissa, exponent } = scientific(Math.abs(value));
  const digits = mantissa.replace('.', '');
  const sign = value < 0 ? '-' : '';
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}

/** A double in SQLite's way of writing, which is never that of an integer, with all its digits. */
export function realText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf';
  const text = doubleText(value);
  if (/[.]/.test(text)) return text;
  return text.includes('e') ? text.replace('e', '.0e') : `${text}.0`;
}

/** An integer of 64 bits in the one form in which Postgres prints it. */
export function isBigintText(text: string): boolean {
  return /^(0|-?[1-9]\d{0,18})$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

/** A number in the one form in which Postgres prints it as a `numeric`. */
export function isNumericText(text: string): boolean {
  return /^-?(0|[1-9]\d{0,999})(\.\d{1,999})?$/.test(text) && !/^-[0.]+$/.test(text);
}

function scientific(value: number): { mantissa: string; exponent: number } {
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return { mantissa, exponent: Number(exponent) };
}

/**
 * Half way between two doubles there can be a number of few digits, which reads back as one of
 * them: JavaScript prints it, Postgres prints only what lies strictly inside (`acceptBounds` in
 * its src/common/d2s.c). Only among these doubles, all of them integers, are there such numbers:
 * what lies half way has 54 bits, so it is a multiple of 10^23 at most.
 */
function mayLieOnBounds(value: number): boolean {
  const size = Math.abs(value);
  return size >= 2 ** 53 && size < 1e41;
}

/** The shortest digits strictly between the half ways to the neighbours; the nearest of those. */
function strictlyInside(value: number): { mantissa: string; exponent: number } {
  // In quarters of 1; `quarter` is that of the distance to the next double.
  const exact = 4n * BigInt(Math.abs(value));
  const quarter = 2n ** BigInt(exact.toString(2).length - 55);
  const isPowerOfTwo = exact === quarter << 54n;
  const low = exact - (isPowerOfTwo ? quarter : 2n * quarter);
  const high = exact + 2n * quarter;
  let unit = 4n;
  while (low / (unit * 10n) < (high - 1n) / (unit * 10n)) unit *= 10n;
  let digits = exact / unit;
  const rest = 2n * (exact % unit);
  const roundsUp = rest > unit || (rest === unit && digits % 2n === 1n);
  if (roundsUp || digits * unit <= low) digits += 1n;
  const text = digits.toString().replace(/0+$/, '');
  const exponent = digits.toString().length + (unit / 4n).toString().length - 2;
  const fraction = text.length > 1 ? `.${text.slice(1)}` : '';
  return { mantissa: `${value < 0 ? '-' : ''}${text.charAt(0)}${fraction}`, exponent };
}
