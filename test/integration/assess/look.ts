import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { MoveRules } from '../../../src/snapshot/plan-move.js';
import { contentsOf, surroundings } from '../../support/backup-run.js';
import { tempDir } from '../../support/temp-dir.js';

export const NO_RULES: MoveRules = { columns: new Map(), skip: new Set(), onBadRow: 'fail' };

/** What a step wants beside its options, with the events kept. */
export function deps(signal: AbortSignal = new AbortController().signal) {
  return { ...surroundings(), signal };
}

/** Runs a look at a source and makes sure that neither it nor the work directory was changed. */
export async function untouched<Result>(
  directory: string,
  look: (workDir: string) => Promise<Result>,
): Promise<Result> {
  const before = contentsOf(directory);
  const parent = await tempDir();
  try {
    return await look(join(parent, 'new', 'work'));
  } finally {
    expect(contentsOf(directory)).toEqual(before);
    expect(existsSync(join(parent, 'new'))).toBe(false);
  }
}
