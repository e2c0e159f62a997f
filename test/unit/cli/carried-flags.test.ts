import { expect, test } from 'vitest';
import { carryFlags } from '../../../src/cli/carried-flags.js';

test('an advised command is given the place flags of the one that failed', () => {
  const args = ['migrate', '--source', 'my game.db', '--work-dir=/w', '--jobs', '4'];
  expect(
    carryFlags('go on with: cardctl migrate --resume   or: cardctl migrate --clean', args),
  ).toBe(
    "go on with: cardctl migrate --resume --work-dir /w --source 'my game.db'   or: cardctl migrate --clean --work-dir /w --source 'my game.db'",
  );
});

test('a target with a password is not repeated', () => {
  const args = ['verify', '--target', 'postgresql://u:secret@h/d'];
  expect(carryFlags('look with: cardctl verify', args)).toBe(
    'look with: cardctl verify --target URL',
  );
});

test('without place flags a hint stays as it is', () => {
  expect(carryFlags('run: cardctl migrate --resume', ['migrate'])).toBe(
    'run: cardctl migrate --resume',
  );
});

test('help is advised without them: it is the same everywhere', () => {
  const args = ['verify', '--work-dir', '/w'];
  expect(carryFlags('cardctl verify --help', args)).toBe('cardctl verify --help');
});
