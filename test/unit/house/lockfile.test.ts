import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface LockedPackage {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

// `npm ci` refuses a lock file that leaves out the builds for other systems, as npm writes it when
// its registry has no such build.
it('the lock file names every package, also those for other systems', () => {
  const url = new URL('../../../package-lock.json', import.meta.url);
  const { packages } = JSON.parse(readFileSync(url, 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const missing = Object.entries(packages).flatMap(([path, locked]) =>
    Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })
      .filter((name) => !foldersUpFrom(path).some((folder) => `${folder}${name}` in packages))
      .map((name) => `${name}, wanted by ${path}`),
  );
  expect(missing).toEqual([]);
});

/** Where Node looks for what the package at this path imports, the nearest first. */
function foldersUpFrom(path: string): string[] {
  if (path === '') return ['node_modules/'];
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('node_modules/') - 1));
  return [`${path}/node_modules/`, ...foldersUpFrom(parent)];
}
