import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The global setup of the end-to-end tests: they run what is built, so it must be there. */
export default function setup(): void {
  const dist = fileURLToPath(new URL('../../dist/cli', import.meta.url));
  if (!existsSync(dist)) throw new Error('dist/ is not built; run: npm run build');
}
