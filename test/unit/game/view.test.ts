import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseButton } from '../../../src/game/buttons.js';
import { inCardOrder } from '../../../src/game/card-order.js';
import { abilitiesOf, dialogOf } from '../../../src/game/card-texts.js';
import type { Profile } from '../../../src/game/profile.js';
import { LANGUAGES } from '../../../src/game/texts/catalogue.js';
import { cardsScreen } from '../../../src/game/view/cards.js';
import { claimScreen } from '../../../src/game/view/claim.js';
import {
  acceptedScreen,
  challengeScreen,
  expiredScreen,
} from '../../../src/game/view/fight/challenge.js';
import {
  chooseCardScreen,
  chooseStatScreen,
  waitingScreen,
} from '../../../src/game/view/fight/choose.js';
import { type ResultSide, resultScreen } from '../../../src/game/view/fight/result.js';
import { helpScreen } from '../../../src/game/view/help.js';
import { leaderboardScreen } from '../../../src/game/view/leaderboard.js';
import { profileScreen } from '../../../src/game/view/profile.js';
import {
  CAPTION_LENGTH_MAX,
  MESSAGE_LENGTH_MAX,
  type Screen,
} from '../../../src/game/view/screen.js';
import { startScreen } from '../../../src/game/view/start.js';
import { card, owned, plain, player } from './support.js';

const FIGHT_ID = '457a2901-2713-4d57-89c1-dda7c314d90e';
const NEGAR = player();
const SAM = player({ user_id: 202n, first_name: 'Sam' });

/** The screen as it is read: the text without marks, the buttons as `label → data`. */
function read({ text, keyboard }: Screen): string {
  const rows = keyboard.map((row) => row.map((each) => `[${each.text} → ${each.data}]`).join(' '));
  return plain([text, ...rows].join('\n'));
}

const PROFILE: Profile = {
  who: NEGAR,
  score: 1250,
  rank: 7,
  hearts: 3,
  heartsRestoredInMs: 5_400_000,
  claimInMs: 0,
  wins: 5,
  losses: 2,
  ties: 1,
  games: 8,
  winRatePercent: 62.5,
  cards: { normal: 4, epic: 2, legend: 1 },
};

function deck(count: number) {
  return Array.from({ length: count }, (_, i) =>
    owned({ id: BigInt(i + 1), name: `کارت ${i + 1}` }),
  );
}

describe('start and help', () => {
  it('welcome the player, with the way to the cards and the leaderboard', () => {
    expect(read(startScreen(NEGAR))).toBe(
      `سلام نگار! 👋
به نبرد کارت‌ها خوش آمدی.

🎁 هر روز با /claim یک کارت تازه بگیر.
⚔️ در گروه‌ها با /fight حریف بطلب و امتیاز جمع کن.
📖 قانون‌ها را در /help بخوان.
[🎴 کارت‌های من → cards:101:1] [🏆 برترین‌ها → top:all]`,
    );
  });

  it('tell every command and the numbers of the rules', () => {
    const text = read(helpScreen('en'));
    expect(text.match(/^\/\w+/gm)).toEqual([
      '/start',
      '/help',
      '/profile',
      '/cards',
      '/claim',
      '/leaderboard',
      '/fight',
    ]);
    expect(text).toContain('every 24 hours');
    expect(text).toContain('10 hearts a day');
    expect(text).toContain('open for 15 minutes');
    expect(read(helpScreen())).toContain('هر مبارزه‌طلبی ۱۵ دقیقه باز است.');
  });
});

describe('the profile', () => {
  it('has all that the player has', () => {
    expect(read(profileScreen(PROFILE))).toBe(
      `<b>👤 نگار</b>

🏆 امتیاز: ۱٬۲۵۰
📊 رتبه: ۷
❤️ قلب: ۳ از ۱۰
⏳ پر شدن قلب‌ها: ۱ ساعت و ۳۰ دقیقه دیگر

⚔️ نبردها: ۸
✅ بُرد: ۵ · ❌ باخت: ۲ · 🤝 مساوی: ۱
📈 درصد بُرد: ۶۲٫۵٪

🎴 کارت‌ها: ۷
🟡 افسانه‌ای: ۱ · 🟣 حماسی: ۲ · ⚪️ معمولی: ۴

🎁 کارت امروزت آماده است: /claim
[🎴 کارت‌های من → cards:101:1]`,
    );
  });

  it('of a new player tells no win rate, and of one with all hearts not when they are restored', () => {
    const fresh = { ...PROFILE, hearts: 10, claimInMs: 60_000, games: 0, winRatePercent: null };
    expect(read(profileScreen(fresh, 'en'))).toBe(
      `<b>👤 نگار</b>

🏆 Score: 1,250
📊 Rank: 7
❤️ Hearts: 10 of 10

⚔️ Fights: 0

🎴 Cards: 7
🟡 Legend: 1 · 🟣 Epic: 2 · ⚪️ Normal: 4

🎁 Next card in 1 minute
[🎴 My cards → cards:101:1]`,
    );
  });
});

describe('the cards', () => {
  it('come by rarity, then favourites, then age', () => {
    const cards = [
      owned({ id: 5n, rarity: 'normal', is_favorite: true }),
      owned({ id: 4n, rarity: 'epic' }),
      owned({ id: 3n, rarity: 'legend' }),
      owned({ id: 2n, rarity: 'epic', is_favorite: null }),
      owned({ id: 9007199254740993n, rarity: 'epic', is_favorite: true }),
      owned({ id: 9007199254740992n, rarity: 'epic', is_favorite: true }),
    ];
    expect(inCardOrder(cards).map(({ id }) => id)).toEqual([
      3n,
      9007199254740992n,
      9007199254740993n,
      2n,
      4n,
      5n,
    ]);
  });

  it('are shown with their stats', () => {
    const cards = [owned(), owned({ id: 2n, name: 'Zoë', rarity: 'legend', is_favorite: true })];
    expect(read(cardsScreen({ owner: NEGAR, cards, page: 1 }))).toBe(
      `<b>🎴 کارت‌های نگار: ۲ کارت</b>
🟡 افسانه‌ای: ۱ · 🟣 حماسی: ۰ · ⚪️ معمولی: ۱

🟡 <b>Zoë</b> ⭐️
💪 ۱۰  ⚡️ ۲۰  🧠 ۳۰  💖 ۴۰

⚪️ <b>رستم</b>
💪 ۱۰  ⚡️ ۲۰  🧠 ۳۰  💖 ۴۰`,
    );
  });

  it.each([
    [6, 1, [1, 2, 3, 4, 5, 6], []],
    [13, 1, [1, 2, 3, 4, 5, 6], ['cards:101:2']],
    [13, 2, [7, 8, 9, 10, 11, 12], ['cards:101:1', 'cards:101:3']],
    [13, 3, [13], ['cards:101:2']],
    [13, 9, [13], ['cards:101:2']],
  ])('of %i, page %i, are six at most, with the way to the next', (count, page, shown, data) => {
    const { text, keyboard } = cardsScreen({ owner: NEGAR, cards: deck(count), page });
    expect([...text.matchAll(/کارت (\d+)/g)].map(([, number]) => Number(number))).toEqual(shown);
    expect(keyboard.flat().map((button) => button.data)).toEqual(data);
  });

  it('that are none are claimed first', () => {
    expect(read(cardsScreen({ owner: NEGAR, cards: [], page: 1 }))).toBe(
      '🎴 نگار هنوز کارتی ندارد. نخستین کارت با /claim به دست می‌آید.',
    );
  });
});

describe('a claimed card', () => {
  it('is shown with what it has to tell', () => {
    const columns = {
      rarity: 'epic',
      abilities: '["سپر پولادین", "Double <strike>"]',
      dialogs: '{"win": ["GG!"], "loss": ["…"]}',
      biography: 'در دامنه‌ی البرز\n\nبه دنیا آمد.',
    };
    expect(read(claimScreen(NEGAR, card(columns)))).toBe(
      `🎉 نگار، کارت تازه‌ات رسید!

🟣 <b>رستم دلاور</b> · حماسی
💪 قدرت: ۱۰
⚡️ سرعت: ۲۰
🧠 هوش: ۳۰
💖 محبوبیت: ۴۰
✨ توانایی‌ها: سپر پولادین، Double &lt;strike&gt;
💬 «GG!»

<i>در دامنه‌ی البرز به دنیا آمد.</i>

⏳ کارت بعدی: ۲۴ ساعت دیگر
[🎴 کارت‌های من → cards:101:1]`,
    );
  });

  it('that has nothing to tell is shown without', () => {
    const { text } = claimScreen(NEGAR, card({ abilities: 'none', biography: ' ' }), 'en');
    expect(plain(text)).toBe(
      `🎉 نگار, here is your new card!

⚪️ <b>رستم دلاور</b> · Normal
💪 Power: 10
⚡️ Speed: 20
🧠 IQ: 30
💖 Popularity: 40

⏳ Next card in 24 hours`,
    );
  });

  it('has abilities and dialogs in whatever shape they were typed', () => {
    expect(abilitiesOf({ abilities: '["a", "", {"name": "b"}, 3]' })).toEqual(['a', 'b']);
    expect(abilitiesOf({ abilities: '{"x": "a"}' })).toEqual(['a']);
    expect(abilitiesOf({ abilities: 'null' })).toEqual([]);
    expect(dialogOf({ dialogs: '{"loss": ["a"], "win": ["b"]}' })).toBe('a');
    expect(dialogOf({ dialogs: '{"loss": ["a"], "win": ["b"]}' }, 'win')).toBe('b');
    expect(dialogOf({ dialogs: '{"loss": ["a"]}' }, 'win')).toBeNull();
    expect(dialogOf({ dialogs: '["a", "b"]' }, 'win')).toBe('a');
    expect(dialogOf({ dialogs: '5' }, 'win')).toBeNull();
    expect(dialogOf({ dialogs: '{' }, 'win')).toBeNull();
    expect(dialogOf({ dialogs: null })).toBeNull();
  });
});

describe('the leaderboard', () => {
  const row = (first_name: string, score: number, cards: number) => ({
    user_id: 1n,
    username: null,
    first_name,
    score,
    cards,
  });

  it('has the best of a window and the way to the others', () => {
    const rows = [row('سارا', 1200, 12), row('Ali', 90, 3), row('مینا', 80, 2), row('کیان', 7, 1)];
    expect(read(leaderboardScreen({ window: 'week', rows }))).toBe(
      `<b>🏆 برترین‌ها · هفتگی</b>

🥇 سارا — ۱٬۲۰۰ امتیاز · ۱۲ کارت
🥈 Ali — ۹۰ امتیاز · ۳ کارت
🥉 مینا — ۸۰ امتیاز · ۲ کارت
۴. کیان — ۷ امتیاز · ۱ کارت
[همه‌ی زمان‌ها → top:all] [• هفتگی • → top:week] [ماهانه → top:month]`,
    );
  });

  it('without anybody says so', () => {
    expect(read(leaderboardScreen({ window: 'all', rows: [] }, 'en'))).toBe(
      `<b>🏆 Leaderboard · All time</b>

Nobody is on this board yet. Be the first!
[• All time • → top:all] [Weekly → top:week] [Monthly → top:month]`,
    );
  });
});

describe('a fight', () => {
  it('is offered, accepted, or left to expire', () => {
    expect(read(challengeScreen(NEGAR, FIGHT_ID))).toBe(
      `⚔️ نگار حریف می‌طلبد!
نخستین کسی که بپذیرد، می‌جنگد. مهلت: ۱۵ دقیقه
[⚔️ می‌پذیرم → accept:${FIGHT_ID}]`,
    );
    expect(read(acceptedScreen(NEGAR, SAM))).toBe(
      `⚔️ Sam مبارزه‌طلبی نگار را پذیرفت!
هر دو نفر از پیام خود یک کارت و سپس یک ویژگی انتخاب کنند.`,
    );
    expect(read(expiredScreen(NEGAR))).toBe('⌛️ مهلت مبارزه‌طلبی نگار تمام شد و کسی آن را نپذیرفت.');
  });

  it('has a message for each player, with that player’s cards', () => {
    const cards = [...deck(7), owned({ id: 90n, name: 'Zoë <3', rarity: 'epic' })];
    expect(read(chooseCardScreen({ fightId: FIGHT_ID, who: SAM, cards, page: 2 }, 'en'))).toBe(
      `🎴 <a href="tg://user?id=202">Sam</a>, choose your card.

Page 2 of 2
[⚪️ کارت 6 💪10 ⚡️20 🧠30 💖40 → pick:${FIGHT_ID}:6]
[⚪️ کارت 7 💪10 ⚡️20 🧠30 💖40 → pick:${FIGHT_ID}:7]
[◀️ Previous → picks:${FIGHT_ID}:1]`,
    );
    const first = chooseCardScreen({ fightId: FIGHT_ID, who: SAM, cards, page: 1 });
    expect(first.keyboard[0]?.map(({ text, data }) => [plain(text), data])).toEqual([
      ['🟣 Zoë <3 💪۱۰ ⚡️۲۰ 🧠۳۰ 💖۴۰', `pick:${FIGHT_ID}:90`],
    ]);
  });

  it('has no cards to choose from while all rest', () => {
    expect(read(chooseCardScreen({ fightId: FIGHT_ID, who: SAM, cards: [], page: 1 }))).toBe(
      '😴 <a href="tg://user?id=202">Sam</a>، همه‌ی کارت‌هایت در استراحت‌اند. کمی بعد دوباره بیا.',
    );
  });

  it('then has the stats, and then waits for the other player', () => {
    expect(read(chooseStatScreen(NEGAR, FIGHT_ID))).toBe(
      `✅ <a href="tg://user?id=101">نگار</a>، کارتت انتخاب شد. حالا یک ویژگی انتخاب کن.
[💪 قدرت → stat:${FIGHT_ID}:power] [⚡️ سرعت → stat:${FIGHT_ID}:speed]
[🧠 هوش → stat:${FIGHT_ID}:iq] [💖 محبوبیت → stat:${FIGHT_ID}:popularity]`,
    );
    expect(read(waitingScreen(NEGAR, SAM))).toBe(
      '✅ نگار انتخابش را کرد.\n⏳ در انتظار انتخاب Sam…',
    );
  });

  const strong: ResultSide = {
    who: NEGAR,
    card: card({ rarity: 'epic', power: 90, dialogs: '{"win": ["GG!"]}' }),
    stat: 'power',
    decided: { result: 'win', total: 110, scoreGained: 10, heartsLost: 0 },
  };
  const weak: ResultSide = {
    who: SAM,
    card: card({ name: 'Zoë', rarity: 'epic' }),
    stat: 'speed',
    decided: { result: 'loss', total: 30, scoreGained: 0, heartsLost: 1 },
  };

  it('ends for both, with the sums that decided it', () => {
    expect(read(resultScreen(strong, weak))).toBe(
      `<b>⚔️ نبرد تمام شد!</b>

نگار با 🟣 <b>رستم دلاور</b>
قدرت ۹۰ + سرعت ۲۰ = <b>۱۱۰</b>

Sam با 🟣 <b>Zoë</b>
قدرت ۱۰ + سرعت ۲۰ = <b>۳۰</b>

🏆 برنده: <b>نگار</b>
💬 «GG!»
➕ نگار ۱۰ امتیاز گرفت.
💔 Sam ۱ قلب از دست داد.`,
    );
  });

  it('ends in a tie, which may bring one of them something', () => {
    const decided = { result: 'tie', total: 30, scoreGained: 5, heartsLost: 0 } as const;
    const legend = { ...weak, decided: { ...decided, scoreGained: 0, heartsLost: 1 } };
    expect(
      read(resultScreen({ ...strong, decided }, legend, 'en'))
        .split('\n')
        .slice(-3),
    ).toEqual(['🤝 It is a tie.', '➕ نگار gains 5 points.', '💔 Sam loses 1 heart.']);
  });
});

describe('whatever players and cards are called', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      '&'.repeat(9_999),
      '<b>',
      '👨‍👩‍👧‍👦'.repeat(500),
      'ش'.repeat(5_000),
      '\u202e\u2069',
    ),
  );
  const json = fc.array(texts, { maxLength: 12 }).map((list) => JSON.stringify(list));
  const screens = fc
    .record({ name: texts, biography: texts, list: json, language: fc.constantFrom(...LANGUAGES) })
    .map(({ name, biography, list, language }) => {
      const who = player({ user_id: 2n ** 63n - 1n, first_name: name });
      const face = card({
        name,
        biography,
        abilities: list,
        dialogs: list,
        power: 100,
        speed: 100,
      });
      const cards = deck(20).map((each) => ({ ...each, id: 2n ** 63n - 1n, name }));
      const decided = { result: 'win', total: 200, scoreGained: 20, heartsLost: 3 } as const;
      const side = { who, card: face, stat: 'popularity', decided } as const;
      const row = { ...who, score: Number.MAX_SAFE_INTEGER, cards: 1_000_000 };
      return {
        claim: claimScreen(who, face, language),
        others: [
          startScreen(who, language),
          profileScreen({ ...PROFILE, who }, language),
          cardsScreen({ owner: who, cards, page: 2 }, language),
          leaderboardScreen({ window: 'all', rows: Array(10).fill(row) }, language),
          challengeScreen(who, FIGHT_ID, language),
          acceptedScreen(who, who, language),
          expiredScreen(who, language),
          chooseCardScreen({ fightId: FIGHT_ID, who, cards, page: 2 }, language),
          chooseStatScreen(who, FIGHT_ID, language),
          waitingScreen(who, who, language),
          resultScreen(side, side, language),
        ],
      };
    });
  const all = screens.map(({ claim, others }) => [claim, ...others]);

  it('a message is as long as Telegram takes it, below a picture too', () => {
    fc.assert(
      fc.property(screens, ({ claim, others }) => {
        expect(claim.text.length).toBeLessThanOrEqual(CAPTION_LENGTH_MAX);
        for (const { text } of others) expect(text.length).toBeLessThan(MESSAGE_LENGTH_MAX);
      }),
    );
  });

  it('a card with more to tell than fits is still short enough for a picture', () => {
    const long = 'ش'.repeat(5_000);
    const abilities = JSON.stringify(Array(12).fill(long));
    const columns = {
      name: long,
      rarity: 'legend',
      biography: long,
      abilities,
      dialogs: abilities,
    };
    for (const language of LANGUAGES) {
      const { text } = claimScreen(player({ first_name: long }), card(columns), language);
      expect(text.length).toBeLessThanOrEqual(CAPTION_LENGTH_MAX);
    }
  });

  it('its HTML is whole, and nothing of theirs is a tag', () => {
    fc.assert(
      fc.property(all, (each) => {
        for (const { text } of each) expect(leftOf(text)).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
      }),
    );
  });

  it('each line has the direction of the language, and every isolate in it is closed', () => {
    fc.assert(
      fc.property(all, (each) => {
        for (const line of each.flatMap(({ text }) => text.split('\n'))) {
          if (line !== '') expect(line).toMatch(/^[\u200e\u200f]/);
          expect([...line.matchAll(/\u2068/g)]).toHaveLength([...line.matchAll(/\u2069/g)].length);
        }
      }),
    );
  });

  it('each button is one that the bot understands, and has a label', () => {
    fc.assert(
      fc.property(all, (each) => {
        for (const { text, data } of each.flatMap(({ keyboard }) => keyboard.flat())) {
          expect(parseButton(data), data).not.toBeNull();
          expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64);
          expect(plain(text)).not.toBe('');
        }
      }),
    );
  });
});

/** What is left when tags that belong together are taken out, from the inside out. */
function leftOf(html: string): string {
  const inner = html.replace(/<(b|i|a)(?: href="tg:\/\/user\?id=\d+")?>([^<>]*)<\/\1>/g, '$2');
  return inner === html ? html : leftOf(inner);
}
