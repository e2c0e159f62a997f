import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `bin/cardctl`, run by the Node that runs the bench. */
export const LAUNCHER = fileURLToPath(new URL('../../bin/cardctl', import.meta.url));

const SOURCES = fileURLToPath(new URL('../../src', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/**
 * The launcher runs what is in dist: that must be what is in src.
 *
 * @throws Error that says to build
 */
export function checkBuild(): void {
  const builtMs = statSync(BUILT, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const changedMs = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(SOURCES, name)))
    .reduce((latest, { mtimeMs }) => Math.max(latest, mtimeMs), 0);
  if (builtMs < changedMs) throw new Error('dist is older than src\nnext: npm run build');
}
