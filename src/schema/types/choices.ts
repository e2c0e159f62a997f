import type { TargetType } from '../model.js';
import type { Misfit } from './misfits.js';

/**
 * What an operator can do about values that a type cannot hold, one line each.
 *
 * @param column as the config names it, `table.column`
 */
export function choicesFor(misfit: Misfit, type: TargetType, column: string): string[] {
  const widen = (to: TargetType, effect: string) => `${ruleText(column, to)}: ${effect}`;
  const map = `${mapText(column, type)}: says what each such value means`;
  const reject = '--on-bad-row reject: leaves those rows out and lists them in the reject file';
  const asText = widen('text', 'keeps every value, all of them as text');
  switch (misfit.kind) {
    case 'NUL in text':
      return [
        `"onBadValue": { ${JSON.stringify(column)}: "strip-nul" }: leaves the NUL characters out`,
        widen('bytea', 'keeps every byte, as bytes'),
        reject,
      ];
    case 'not UTF-8':
      return [widen('bytea', 'keeps every byte, as bytes'), reject];
    case 'blob':
      return type === 'text' ? [widen('bytea', 'keeps every byte, as bytes'), reject] : [reject];
    case 'overflowed integer':
    case 'real':
      if (type === 'boolean') return [widen('double precision', 'keeps every number'), map, reject];
      if (type === 'bytea') return [asText, reject];
      return [
        widen(
          'double precision',
          'keeps the numbers as SQLite has them, if no integer is above 2^53',
        ),
        widen('numeric', 'keeps every number, however large'),
        reject,
      ];
    case 'unsafe integer':
      return [widen('numeric', 'keeps every number, however large'), reject];
    case 'not 0 or 1':
      return [widen('bigint', 'keeps every integer'), asText, map, reject];
    case 'text':
      if (type === 'bytea') return [widen('bytea', 'keeps text and blobs, both as bytes'), reject];
      return [asText, map, reject];
    default:
      return type === 'text' || type === 'bytea' ? [asText, reject] : [asText, map, reject];
  }
}

function ruleText(column: string, type: TargetType): string {
  return `"types": { ${JSON.stringify(column)}: ${JSON.stringify(type)} }`;
}

function mapText(column: string, type: TargetType): string {
  const example = type === 'boolean' ? '{ "yes": "true", "no": "false" }' : '{ "n/a": null }';
  return `"onBadValue": { ${JSON.stringify(column)}: ${example} }`;
}
