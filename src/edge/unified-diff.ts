/** The difference between two short texts as `diff -u` shows it, in one hunk; empty if none. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return '';
  const [old, made] = [linesOf(before), linesOf(after)];
  const lines = [
    `--- ${path}`,
    `+++ ${path}`,
    `@@ -${range(old.length)} +${range(made.length)} @@`,
    ...edits(old, made),
  ];
  return `${lines.join('\n')}\n`;
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function range(length: number): string {
  return `${length === 0 ? 0 : 1},${length}`;
}

function edits(old: readonly string[], made: readonly string[]): string[] {
  const common = commonLengths(old, made);
  const lines: string[] = [];
  let [left, right] = [0, 0];
  while (left < old.length || right < made.length) {
    if (left < old.length && old[left] === made[right]) {
      lines.push(` ${old[left++]}`);
      right++;
    } else if (
      right === made.length ||
      (left < old.length && common[left + 1]![right]! >= common[left]![right + 1]!)
    ) {
      lines.push(`-${old[left++]}`);
    } else {
      lines.push(`+${made[right++]}`);
    }
  }
  return lines;
}

/** How many lines, in order, the rests of both from each pair of places have in common. */
function commonLengths(old: readonly string[], made: readonly string[]): number[][] {
  const table = Array.from({ length: old.length + 1 }, () =>
    Array<number>(made.length + 1).fill(0),
  );
  for (let left = old.length - 1; left >= 0; left--) {
    for (let right = made.length - 1; right >= 0; right--) {
      table[left]![right] =
        old[left] === made[right]
          ? table[left + 1]![right + 1]! + 1
          : Math.max(table[left + 1]![right]!, table[left]![right + 1]!);
    }
  }
  return table;
}
