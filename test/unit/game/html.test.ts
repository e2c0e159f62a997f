import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textsIn } from '../../../src/game/texts/catalogue.js';
import { userHtml, userLabel } from '../../../src/game/view/html.js';
import { mentionOf, nameOf } from '../../../src/game/view/name.js';
import { player } from './support.js';

const fa = textsIn('fa');
const isolated = (html: string) => `\u2068${html}\u2069`;

describe('a text that somebody else wrote', () => {
  it.each([
    ['is escaped', '<b>&"\'', '&lt;b&gt;&amp;"\''],
    ['is put on one line', ' a\r\n\tb\u2028c\0 ', 'a b c'],
    ['loses its marks of direction', 'a\u202eb\u2069c\u200fd\u061ce', 'abcde'],
    ['keeps its joiners', 'می\u200cخواهم 👨\u200d👩\u200d👧', 'می\u200cخواهم 👨\u200d👩\u200d👧'],
    [
      'is cut between the characters that one sees',
      '👨\u200d👩\u200d👧\u200d👦'.repeat(3),
      '👨\u200d👩\u200d👧\u200d👦…',
    ],
    ['is cut between escapes', '&'.repeat(9), '&amp;&amp;&amp;…'],
    ['of just the length is not cut', 'abcdefghijklmnopqrst', 'abcdefghijklmnopqrst'],
    ['of one more is', 'abcdefghijklmnopqrstu', 'abcdefghijklmnopqrs…'],
    ['that is one endless character is left out', `a${'\u0301'.repeat(99)}`, '…'],
  ])('%s', (_what, text, html) => {
    expect(userHtml(text, 20)).toBe(isolated(html));
  });

  it('is not escaped on a button', () => {
    expect(userLabel('<b>&\n', 20)).toBe(isolated('<b>&'));
  });

  it('is no longer than it may be and never leaves its isolate, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const html = userHtml(text, 40);
        expect(html.length).toBeLessThanOrEqual(42);
        expect(html).toMatch(/^\u2068[^\n\u200e\u200f\u202a-\u202e\u2066-\u2069]*\u2069$/u);
        expect(html.replace(/&(amp|lt|gt);/g, '')).not.toMatch(/[<>&]/);
      }),
    );
  });
});

describe('a player is called', () => {
  it.each([
    ['by the first name', { first_name: ' Zoë\nÅ ', username: 'zoe' }, 'Zoë Å'],
    ['by the username without one', { first_name: null, username: 'zoe' }, 'zoe'],
    [
      'by the username when the name cannot be seen',
      { first_name: '\u200b ', username: 'zoe' },
      'zoe',
    ],
    ['nameless without either', { first_name: '', username: null }, 'بازیکن بی‌نام'],
  ])('%s', (_what, columns, name) => {
    expect(nameOf(player(columns), fa)).toBe(isolated(name));
  });

  it('and mentioned by id, beyond what a number holds', () => {
    const who = player({ user_id: 9007199254740993n, first_name: 'A & B' });
    expect(mentionOf(who, fa)).toBe(
      isolated(`<a href="tg://user?id=9007199254740993">${isolated('A &amp; B')}</a>`),
    );
  });
});
