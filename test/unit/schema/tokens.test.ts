import { expect, test } from 'vitest';
import { tokenize } from '../../../src/schema/tokens.js';

function kinds(sql: string): string[] {
  return tokenize(sql).map(({ kind, value }) => `${kind} ${value}`);
}

test('every kind of quotes is taken off, and doubled ones become one', () => {
  expect(kinds(`'it''s' "a ""b" [c ]d] \`e\`\`f\``)).toEqual([
    "string it's",
    'quoted a "b',
    'quoted c ',
    'word d',
    'operator ]',
    'quoted e`f',
  ]);
});

test('comments and spaces of every kind are left out', () => {
  expect(kinds('a -- b, "c\n/* d ) */ e /* never closed')).toEqual(['word a', 'word e']);
});

test('a quote inside a comment and a comment inside a string mean nothing', () => {
  expect(kinds(`-- it's\n'--x' "/*y*/"`)).toEqual(['string --x', 'quoted /*y*/']);
});

test('numbers are decimal, fractional, with an exponent, hexadecimal or with underscores', () => {
  expect(kinds('1 2.5 .5 1e3 1.5E-7 0xFF 1_000')).toEqual([
    'number 1',
    'number 2.5',
    'number .5',
    'number 1e3',
    'number 1.5E-7',
    'number 0xFF',
    'number 1_000',
  ]);
});

test('blobs are told from names that begin with x', () => {
  expect(kinds(`X'00fF' x`)).toEqual(['blob 00fF', 'word x']);
});

test('names may hold letters of any alphabet, digits and dollars', () => {
  expect(kinds('کارت_1 a$b')).toEqual(['word کارت_1', 'word a$b']);
});

test('operators of two characters stay together', () => {
  expect(kinds('a||b==c<>d>=e<<f->>g').filter((each) => each.startsWith('op'))).toEqual([
    'operator ||',
    'operator ==',
    'operator <>',
    'operator >=',
    'operator <<',
    'operator ->>',
  ]);
});

test('every token knows where it stands', () => {
  expect(tokenize('a  "b"').map(({ start, end }) => [start, end])).toEqual([
    [0, 1],
    [3, 6],
  ]);
});
