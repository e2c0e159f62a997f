import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withCommandReference } from '../../../scripts/command-reference.js';

const readme = readFileSync('README.md', 'utf8');

test('the command reference in the README is what --help says', () => {
  expect(withCommandReference(readme), 'run: npm run readme').toBe(readme);
});

test('a changed option would show', () => {
  const stale = readme.replaceAll('--jobs <n>', '--jobs <m>');
  expect(withCommandReference(stale)).not.toBe(stale);
});
