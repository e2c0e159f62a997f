import { readFileSync, writeFileSync } from 'node:fs';

/** A table that reads well on a terminal, too: numbers to the right, after `leftAligned` columns. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { leftAligned = head.length }: { leftAligned?: number } = {},
): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const padded = (row: readonly string[]) =>
    widths.map((width, column) => {
      const cell = row[column] ?? '';
      return column < leftAligned ? cell.padEnd(width) : cell.padStart(width);
    });
  const rule = widths.map((width, column) =>
    column < leftAligned ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(padded(head)), line(rule), ...rows.map((row) => line(padded(row)))].join('\n');
}

/** Replaces what stands between the marks of `name` in a file, or adds it at the end. */
export function writeSection(path: URL, name: string, title: string, text: string): void {
  const begin = `<!-- ${name}: written by the bench -->`;
  const end = `<!-- end of ${name} -->`;
  const present = read(path) ?? `${title}\n`;
  const from = present.indexOf(begin);
  const to = present.indexOf(end);
  const section = `${begin}\n\n${text}\n${end}`;
  const replaced =
    from === -1 || to < from
      ? `${present}\n${section}\n`
      : present.slice(0, from) + section + present.slice(to + end.length);
  writeFileSync(path, replaced);
}

function read(path: URL): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
