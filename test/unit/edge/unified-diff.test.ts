import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unifiedDiff } from '../../../src/edge/unified-diff.js';

it('shows what is removed, added and kept', () => {
  expect(unifiedDiff('u.conf', 'a\nweight=9\nc\n', 'a\nweight=27\nc\nd\n')).toBe(`\
--- u.conf
+++ u.conf
@@ -1,3 +1,4 @@
 a
-weight=9
+weight=27
 c
+d
`);
});

it('is empty between equal texts', () => {
  expect(unifiedDiff('u.conf', 'a\n', 'a\n')).toBe('');
});

it('shows a new file as added', () => {
  expect(unifiedDiff('u.conf', '', 'a\nb\n')).toBe(
    '--- u.conf\n+++ u.conf\n@@ -0,0 +1,2 @@\n+a\n+b\n',
  );
});

it('holds both texts whole, whatever they are', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', '-weight', ''), { maxLength: 12 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''));
  fc.assert(
    fc.property(text, text, (before, after) => {
      fc.pre(before !== after);
      const [, , range, ...lines] = unifiedDiff('u.conf', before, after).split('\n');
      const side = (marks: string) =>
        lines.filter((line) => marks.includes(line[0] ?? '?')).map((line) => `${line.slice(1)}\n`);
      expect(side(' -').join('')).toBe(before);
      expect(side(' +').join('')).toBe(after);
      expect(range).toContain(`,${side(' -').length} +`);
      expect(range).toContain(`,${side(' +').length} @@`);
    }),
  );
});

it('keeps the lines that are in both, in that order', () => {
  const kept = unifiedDiff('u.conf', 'x\na\nb\nc\n', 'a\ny\nb\nc\n').match(/^ .*$/gm);
  expect(kept).toEqual([' a', ' b', ' c']);
});
