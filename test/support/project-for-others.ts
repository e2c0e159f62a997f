import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd } from './cleanup.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a program of ours needs to run from its sources. */
const PARTS = ['src', 'package.json', 'tsconfig.json', 'node_modules'];

/**
 * The project's directory, for a process of another user: where this one lies in a directory that is
 * closed to others, a copy, made of links to the same files where that can be, gone when the test ends.
 */
export function projectForOthers(): string {
  if (isOpen(ROOT)) return ROOT;
  const copy = mkdtempSync(join(tmpdir(), 'cardctl-test-'));
  atEnd(() => rmSync(copy, { recursive: true, force: true }));
  chmodSync(copy, 0o755);
  const from = PARTS.map((part) => join(ROOT, part));
  try {
    execFileSync('cp', ['-al', ...from, copy], { stdio: 'ignore' });
  } catch {
    execFileSync('cp', ['-a', ...from, copy]);
  }
  return copy;
}

/** Whether others may go through a directory and all those above it. */
function isOpen(directory: string): boolean {
  if ((statSync(directory).mode & 0o001) === 0) return false;
  return dirname(directory) === directory || isOpen(dirname(directory));
}
