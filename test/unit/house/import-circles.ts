import { posix } from 'node:path';
import type { SourceTree } from './import-rule.js';
import { parseModule } from './parse-module.js';

/**
 * Every circle of imports between files, those of types alone included, as `a.ts → b.ts → a.ts`
 * from the file that comes first in the alphabet. Of circles that share a file the shortest are named.
 */
export function importCircles(tree: SourceTree): string[] {
  const imported = new Map(
    [...tree].map(([path, text]) => [path, filesImported(path, text, tree)]),
  );
  const circles = [...tree.keys()].flatMap((path) => {
    const circle = shortestCircle(path, imported);
    return circle === null ? [] : [fromFirst(circle).join(' → ')];
  });
  return [...new Set(circles)].sort();
}

function filesImported(path: string, text: string, tree: SourceTree): string[] {
  const files = parseModule(text).imports.flatMap(({ specifier }) =>
    specifier.startsWith('.')
      ? [posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')]
      : [],
  );
  return files.filter((file) => tree.has(file));
}

/** The files on the shortest way from one back to itself, or null: breadth first. */
function shortestCircle(
  start: string,
  imported: ReadonlyMap<string, readonly string[]>,
): string[] | null {
  const seen = new Set<string>();
  let ways: string[][] = [[start]];
  while (ways.length > 0) {
    const longer: string[][] = [];
    for (const way of ways) {
      for (const next of imported.get(way.at(-1) ?? '') ?? []) {
        if (next === start) return way;
        if (seen.has(next)) continue;
        seen.add(next);
        longer.push([...way, next]);
      }
    }
    ways = longer;
  }
  return null;
}

/** The same circle, whichever of its files it was found from. */
function fromFirst(circle: readonly string[]): string[] {
  const first = circle.indexOf([...circle].sort()[0] ?? '');
  const turned = [...circle.slice(first), ...circle.slice(0, first)];
  return [...turned, turned[0] ?? ''];
}
