/** Numbers as the reasons of verdicts show them. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** A share as percent, three digits: `0.0998%`. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))}%`;
}

/** At most one decimal: `143`, `0.4`. */
export function amount(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}
