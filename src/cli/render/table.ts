import Table from 'cli-table3';
import { paint } from './paint.js';

export interface TableOptions {
  /** Indexes of the columns that hold numbers. */
  rightAligned?: readonly number[];
  color: boolean;
}

/** A table without lines around its cells. Cells are text already: units are the caller's. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { rightAligned = [], color }: TableOptions,
): string {
  const table = new Table({
    // Painted here: the table's own colours look at the environment, which `color` has answered.
    head: head.map((name) => paint('bold', name, color)),
    chars: NO_LINES,
    colAligns: head.map((_, index) => (rightAligned.includes(index) ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
