import { describe, expect, it } from 'vitest';
import { LANGUAGES, textsIn } from '../../../src/game/texts/catalogue.js';
import type { Refusal } from '../../../src/game/verdict.js';
import { refusalText, refusedScreen } from '../../../src/game/view/refused.js';
import { plain } from './support.js';

const SIX_HOURS_MS = 6 * 3_600_000;
const reasons = Object.keys(textsIn('fa').refusals) as Refusal['reason'][];
const refusals = reasons.map((reason) => ({ reason, remainingMs: SIX_HOURS_MS }) as Refusal);

/** Every text of a catalogue by its path, its functions called with 7 for whatever they take. */
function allTexts(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') {
    return [[path, String(value(...Array(value.length).fill(7)))]];
  }
  return Object.entries(value as object).flatMap(([key, each]) => allTexts(each, `${path}.${key}`));
}

describe('the catalogue', () => {
  it('begins with Persian, and has the same keys in English', () => {
    expect(LANGUAGES).toEqual(['fa', 'en']);
    const paths = (language: 'fa' | 'en') => allTexts(textsIn(language)).map(([path]) => path);
    expect(paths('en')).toEqual(paths('fa'));
  });

  it('is in Persian letters and digits, commands apart', () => {
    const texts = allTexts(textsIn('fa')).map(([path, text]) => [
      path,
      text.replace(/\/[a-z0-9]+/g, ''),
    ]);
    // The 7 that a function was called with for a text comes back as it was.
    expect(texts.filter(([, text]) => /[a-z0-689\u064a\u0643]/i.test(text as string))).toEqual([]);
  });

  it('has no Persian in English', () => {
    expect(allTexts(textsIn('en')).filter(([, text]) => /\p{Script=Arabic}/u.test(text))).toEqual(
      [],
    );
  });

  it('has a mark before each command in Persian, so that its slash stands at the right end', () => {
    const commands = allTexts(textsIn('fa')).filter(([, text]) => text.includes('/'));
    expect(commands.length).toBeGreaterThan(5);
    expect(commands.filter(([, text]) => /(?<!\u200e)\//.test(text))).toEqual([]);
  });
});

describe('numbers', () => {
  it('are written in the digits of the language', () => {
    expect(textsIn('fa').number(1_234_567)).toBe('۱٬۲۳۴٬۵۶۷');
    expect(textsIn('en').number(1_234_567)).toBe('1,234,567');
    expect(plain(textsIn('fa').profile.winRate(62.5))).toBe('📈 درصد بُرد: ۶۲٫۵٪');
  });

  it('of one are no plural in English', () => {
    const { row } = textsIn('en').leaderboard;
    expect([row('4.', 'Ali', 1, 1), row('4.', 'Ali', 0, 2)]).toEqual([
      '4. Ali — 1 point · 1 card',
      '4. Ali — 0 points · 2 cards',
    ]);
  });
});

describe('a wait', () => {
  it.each([
    [1, '۱ دقیقه', '1 minute'],
    [60_000, '۱ دقیقه', '1 minute'],
    [60_001, '۲ دقیقه', '2 minutes'],
    [3_599_001, '۱ ساعت', '1 hour'],
    [3_660_000, '۱ ساعت و ۱ دقیقه', '1 hour 1 minute'],
    [86_400_000, '۲۴ ساعت', '24 hours'],
  ])('of %i ms is %s, never less than it takes', (ms, fa, en) => {
    expect(plain(textsIn('fa').claim.next(ms))).toBe(`⏳ کارت بعدی: ${fa} دیگر`);
    expect(textsIn('en').claim.next(ms)).toBe(`⏳ Next card in ${en}`);
  });
});

describe('a refusal', () => {
  it('says why, and how long it will be so', () => {
    const refusal = { reason: 'noHearts', remainingMs: SIX_HOURS_MS } as const;
    expect(refusalText(refusal)).toBe('قلبی برایت نمانده است. قلب‌هایت ۶ ساعت دیگر پر می‌شوند.');
    expect(refusalText(refusal, 'en')).toBe(
      'You have no hearts left. They are restored in 6 hours.',
    );
    expect(refusedScreen(refusal, 'en')).toEqual({
      text: '\u200eYou have no hearts left. They are restored in 6 hours.',
      keyboard: [],
    });
  });

  it('has a sentence of its own for each reason, in each language', () => {
    for (const language of LANGUAGES) {
      const sentences = refusals.map((refusal) => refusalText(refusal, language));
      expect(new Set(sentences).size).toBe(reasons.length);
    }
  });

  it('is plain text that an alert can hold: 200 characters at most', () => {
    const texts = LANGUAGES.flatMap((language) =>
      refusals.map((each) => refusalText(each, language)),
    );
    expect(texts.filter((text) => text.length > 200 || /[<>&]/.test(text))).toEqual([]);
  });
});
