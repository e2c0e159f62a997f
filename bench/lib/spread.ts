export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** @throws RangeError without a number */
export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = [...numbers].sort((left, right) => left - right);
  const at = (index: number) => {
    const number = sorted[index];
    if (number === undefined) throw new RangeError('a spread of nothing');
    return number;
  };
  const upper = Math.floor(sorted.length / 2);
  const lower = Math.floor((sorted.length - 1) / 2);
  return { median: (at(lower) + at(upper)) / 2, min: at(0), max: at(sorted.length - 1) };
}
