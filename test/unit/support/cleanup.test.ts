import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../support/temp-dir.js';

describe('a temporary directory', () => {
  let directory = '';

  it('is there during the test', async () => {
    directory = await tempDir();
    expect(existsSync(directory)).toBe(true);
  });

  it('is gone after it', () => {
    expect(directory).not.toBe('');
    expect(existsSync(directory)).toBe(false);
  });
});
