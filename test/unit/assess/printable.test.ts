import { describe, expect, it } from 'vitest';
import { printable, wrap } from '../../../src/cli/render/printable.js';

describe('a printable text', () => {
  it('keeps Persian and quotes as they are', () => {
    expect(printable("کارت «آتش» 'a'")).toBe("کارت «آتش» 'a'");
  });

  it('shows what would move the cursor or turn text around', () => {
    expect(printable('a\nb\u001b[2Jc\u202ed\u0000')).toBe('a\\u000ab\\u001b[2Jc\\u202ed\\u0000');
  });
});

describe('a wrapped text', () => {
  it('breaks between words, and within one that is too long', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefgh ij', 3)).toEqual(['abc', 'def', 'gh', 'ij']);
    expect(wrap('', 10)).toEqual(['']);
  });
});
