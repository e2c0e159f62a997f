import { describe, expect, test } from 'vitest';
import { Redactor } from '../../../src/cli/redact.js';

describe('Redactor', () => {
  test('masks a secret as it stands, in a URL and in JSON', () => {
    const redactor = new Redactor();
    redactor.add('p"a/ss wörd');
    const looks = ['p"a/ss wörd', encodeURIComponent('p"a/ss wörd'), 'p\\"a/ss wörd'];
    for (const look of looks) expect(redactor.text(`<${look}>`)).toBe('<***>');
  });

  test('masks the password of any URL, configured or not', () => {
    const text = new Redactor().text(
      'cannot reach postgres://bot:hunter2@db:5432/x?password=b&c=1',
    );
    expect(text).toBe('cannot reach postgres://bot:***@db:5432/x?password=***&c=1');
  });

  test('a short secret is masked where it stands alone', () => {
    const redactor = new Redactor();
    redactor.add('ab');
    expect(redactor.text('ab cab (ab)')).toBe('*** cab (***)');
  });

  test('masks strings deep inside a value and leaves keys, numbers and cycles sound', () => {
    const redactor = new Redactor();
    redactor.add('12345');
    const value: Record<string, unknown> = { a: ['x12345'], b: 12345, c: null };
    value.self = value;
    expect(redactor.value(value)).toEqual({ a: ['x***'], b: 12345, c: null, self: '[circular]' });
  });

  test('a revealed password is shown in its URL, others are not', () => {
    const redactor = new Redactor();
    redactor.reveal('shown');
    expect(redactor.text('postgresql://u:shown@h/d')).toBe('postgresql://u:shown@h/d');
    expect(redactor.text('postgresql://u:hidden@h/d')).toBe('postgresql://u:***@h/d');
  });
});
