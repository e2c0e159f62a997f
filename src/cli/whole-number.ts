import { InvalidArgumentError } from 'commander';

/** Parses the value of an option that must be 1 or more. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number of at least 1.');
}
