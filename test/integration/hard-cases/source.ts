import { expect } from 'vitest';
import type { Key, Moves } from '../../../fixtures/hard-cases/hard-case.js';
import type { Migration } from '../../../src/steps/context.js';
import type { TablePair } from '../../support/compare-plainly.js';

/** A line of the reject file. */
export interface RejectLine {
  table: string;
  column: string;
  key: string;
  values: Record<string, { class: string; sql: string; hex?: string }>;
}

/** As messages write it: `user_id=42, card_id='a1'`. */
export function keyText(key: Key): string {
  return Object.entries(key)
    .map(([name, text]) => `${name}=${/^-?\d+$/.test(text) ? text : `'${text}'`}`)
    .join(', ');
}

/** Which table became which, of the columns that the target has. */
export function tablePairs({ plan }: Migration): TablePair[] {
  return (plan?.tables ?? []).map(({ plan: { source, targetName, columns } }) => ({
    source: source.name,
    target: targetName,
    columns: columns
      .filter((column) => column.source.generated === null || column.generatedAs !== undefined)
      .map((column) => ({ source: column.source.name, target: column.targetName })),
  }));
}

/** Every rejected row is in the file, with the column that does not fit and its stored bytes. */
export function expectRejected(expected: Moves, rejects: readonly RejectLine[]): void {
  for (const { table, key, column, hex } of expected.rejected ?? []) {
    const found = rejects.find((line) => line.table === table && line.key === keyText(key));
    expect(found, `${table} ${keyText(key)} is in the reject file`).toMatchObject({ column });
    if (hex !== undefined) expect(found?.values[column]?.hex, keyText(key)).toBe(hex);
  }
}
