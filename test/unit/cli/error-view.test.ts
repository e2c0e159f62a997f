import { describe, expect, test } from 'vitest';
import { asCardctlError, errorObject, errorText, exitCodeOf } from '../../../src/cli/error-view.js';
import { CardctlError, type ErrorCode } from '../../../src/lib/errors.js';

const PLAIN = { color: false, debug: false };

describe('exit codes', () => {
  test.each<[ErrorCode, number]>([
    ['usage', 2],
    ['refused', 3],
    ['source', 4],
    ['target', 5],
    ['edge', 6],
    ['partway', 7],
    ['interrupted', 130],
    ['internal', 1],
  ])('%s ends with %i', (code, expected) => {
    expect(exitCodeOf(new CardctlError(code, 'x'))).toBe(expected);
  });
});

describe('errorText', () => {
  test('says what was being done, why it failed, and ends with the next command', () => {
    const error = new CardctlError('target', 'cannot load players', {
      hint: 'cardctl migrate --resume',
      cause: new Error('connection lost', { cause: new Error('ECONNRESET') }),
    });
    expect(errorText(error, 'cardctl migrate', [], PLAIN).split('\n')).toEqual([
      'cardctl migrate: cannot load players',
      '  because: connection lost',
      '  because: ECONNRESET',
      'next: cardctl migrate --resume',
    ]);
  });

  test('a cause that the message quotes already is not repeated', () => {
    const error = new CardctlError('source', 'cannot open: no such file', {
      cause: new Error('no such file'),
    });
    expect(errorText(error, 'cardctl', [], PLAIN)).not.toContain('because');
  });

  test('without a hint there is a next command all the same', () => {
    expect(errorText(new CardctlError('edge', 'x'), 'cardctl', [], PLAIN)).toMatch(
      /\nnext: cardctl /,
    );
  });

  test('the stack is shown in debug mode alone, and the next command stays last', () => {
    const error = asCardctlError(new TypeError('oops'), new AbortController().signal);
    expect(errorText(error, 'cardctl', [], PLAIN)).not.toContain('error-view.test');
    const debug = errorText(error, 'cardctl', [], { color: false, debug: true });
    expect(debug).toContain('error-view.test');
    expect(debug.split('\n').at(-1)).toMatch(/^next: /);
  });
});

describe('asCardctlError', () => {
  test('what nobody foresaw is a bug', () => {
    const error = asCardctlError(new TypeError('oops'), new AbortController().signal);
    expect(error).toMatchObject({ code: 'internal', message: 'this is a bug: oops' });
  });

  test('whatever is thrown after an interrupt is the interrupt', () => {
    const error = asCardctlError(new Error('socket closed'), AbortSignal.abort());
    expect(error.code).toBe('interrupted');
  });

  test('an error that says more than the interrupt keeps its code', () => {
    const partway = new CardctlError('partway', 'half done');
    expect(asCardctlError(partway, AbortSignal.abort())).toBe(partway);
  });
});

test('the object for scripts has code, message, hint and details', () => {
  const error = new CardctlError('source', 'm', { hint: 'h', details: { path: 'p' } });
  expect(errorObject(error, [])).toEqual({
    code: 'source',
    message: 'm',
    hint: 'h',
    details: { path: 'p' },
  });
});
