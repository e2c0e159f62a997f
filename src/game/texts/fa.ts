import type { Command } from '../commands.js';
import type { Window } from '../leaderboard.js';
import type { Rarity } from '../rarity.js';
import type { Stat } from '../stat.js';
import { hoursAndMinutes } from './duration.js';
import type { RefusalTexts } from './refusals.js';

const numbers = new Intl.NumberFormat('fa-IR');
const n = (value: number) => numbers.format(value);

/** A command in a line of Persian; without the mark its slash would stand at the wrong end. */
const command = (name: Command) => `\u200e/${name}`;

function duration(ms: number): string {
  const { hours, minutes } = hoursAndMinutes(ms);
  if (hours === 0) return `${n(minutes)} دقیقه`;
  return minutes === 0 ? `${n(hours)} ساعت` : `${n(hours)} ساعت و ${n(minutes)} دقیقه`;
}

/** Names and other texts of players and cards come as HTML, numbers as numbers. */
export const fa = {
  /** Begins each line, so that a line which begins with a name or a number has its direction too. */
  directionMark: '\u200f',
  listSeparator: '، ',
  number: n,
  nameless: 'بازیکن بی‌نام',

  commands: {
    start: 'شروع بازی',
    help: 'راهنمای بازی',
    profile: 'نمایه و آمار تو',
    cards: 'کارت‌های تو',
    claim: 'گرفتن کارت روزانه',
    leaderboard: 'جدول برترین‌ها',
    fight: 'مبارزه‌طلبی در گروه',
  } satisfies Record<Command, string>,

  rarities: {
    normal: 'معمولی',
    epic: 'حماسی',
    legend: 'افسانه‌ای',
  } satisfies Record<Rarity, string>,

  stats: {
    power: 'قدرت',
    speed: 'سرعت',
    iq: 'هوش',
    popularity: 'محبوبیت',
  } satisfies Record<Stat, string>,

  windows: {
    all: 'همه‌ی زمان‌ها',
    week: 'هفتگی',
    month: 'ماهانه',
  } satisfies Record<Window, string>,

  buttons: {
    cards: '🎴 کارت‌های من',
    leaderboard: '🏆 برترین‌ها',
    previous: '◀️ قبلی',
    next: 'بعدی ▶️',
    accept: '⚔️ می‌پذیرم',
  },

  start: {
    welcome: (name: string) => `سلام ${name}! 👋`,
    about: 'به نبرد کارت‌ها خوش آمدی.',
    claim: `🎁 هر روز با ${command('claim')} یک کارت تازه بگیر.`,
    fight: `⚔️ در گروه‌ها با ${command('fight')} حریف بطلب و امتیاز جمع کن.`,
    help: `📖 قانون‌ها را در ${command('help')} بخوان.`,
  },

  help: {
    title: 'راهنمای بازی',
    command: (name: Command, what: string) => `${command(name)} — ${what}`,
    rules: 'قانون‌ها',
    claim: (ms: number) => `🎁 هر ${duration(ms)} یک کارت می‌گیری؛ کارتی که هنوز نداری.`,
    hearts: (hearts: number) =>
      `❤️ هر روز ${n(hearts)} قلب داری. قلبت که تمام شود، باید تا پر شدنش صبر کنی.`,
    fight: (ms: number) =>
      `⚔️ هر مبارزه‌طلبی ${duration(ms)} باز است. هر دو نفر یک کارت و یک ویژگی انتخاب می‌کنند.`,
    total: '🧮 مجموع هر دو ویژگی روی هر دو کارت حساب می‌شود و مجموع بیشتر برنده است.',
    score: '🏆 هرچه کارتت ضعیف‌تر و کارت حریف قوی‌تر باشد، امتیاز بُرد بیشتر است.',
    rest: '😴 کارت حماسی یا افسانه‌ای که زیاد ببرد، مدتی استراحت می‌کند.',
  },

  profile: {
    title: (name: string) => `👤 ${name}`,
    score: (score: number) => `🏆 امتیاز: ${n(score)}`,
    rank: (rank: number) => `📊 رتبه: ${n(rank)}`,
    hearts: (hearts: number, ofHearts: number) => `❤️ قلب: ${n(hearts)} از ${n(ofHearts)}`,
    heartsRestoredIn: (ms: number) => `⏳ پر شدن قلب‌ها: ${duration(ms)} دیگر`,
    games: (games: number) => `⚔️ نبردها: ${n(games)}`,
    results: (wins: number, losses: number, ties: number) =>
      `✅ بُرد: ${n(wins)} · ❌ باخت: ${n(losses)} · 🤝 مساوی: ${n(ties)}`,
    winRate: (percent: number) => `📈 درصد بُرد: ${n(percent)}٪`,
    cards: (cards: number) => `🎴 کارت‌ها: ${n(cards)}`,
    claimReady: `🎁 کارت امروزت آماده است: ${command('claim')}`,
    claimIn: (ms: number) => `🎁 کارت بعدی: ${duration(ms)} دیگر`,
  },

  cards: {
    title: (name: string, cards: number) => `🎴 کارت‌های ${name}: ${n(cards)} کارت`,
    none: (name: string) =>
      `🎴 ${name} هنوز کارتی ندارد. نخستین کارت با ${command('claim')} به دست می‌آید.`,
    page: (page: number, ofPages: number) => `صفحه‌ی ${n(page)} از ${n(ofPages)}`,
  },

  card: {
    abilities: (list: string) => `✨ توانایی‌ها: ${list}`,
    dialog: (said: string) => `💬 «${said}»`,
  },

  claim: {
    title: (name: string) => `🎉 ${name}، کارت تازه‌ات رسید!`,
    next: (ms: number) => `⏳ کارت بعدی: ${duration(ms)} دیگر`,
  },

  leaderboard: {
    title: (window: string) => `🏆 برترین‌ها · ${window}`,
    row: (place: string, name: string, score: number, cards: number) =>
      `${place} ${name} — ${n(score)} امتیاز · ${n(cards)} کارت`,
    none: 'هنوز کسی در این جدول نیست. نخستین نفر باش!',
  },

  fight: {
    challenge: (name: string) => `⚔️ ${name} حریف می‌طلبد!`,
    acceptWithin: (ms: number) => `نخستین کسی که بپذیرد، می‌جنگد. مهلت: ${duration(ms)}`,
    accepted: (opponent: string, challenger: string) =>
      `⚔️ ${opponent} مبارزه‌طلبی ${challenger} را پذیرفت!`,
    bothChoose: 'هر دو نفر از پیام خود یک کارت و سپس یک ویژگی انتخاب کنند.',
    pickCard: (name: string) => `🎴 ${name}، کارت نبردت را انتخاب کن.`,
    everyCardResting: (name: string) =>
      `😴 ${name}، همه‌ی کارت‌هایت در استراحت‌اند. کمی بعد دوباره بیا.`,
    pickStat: (name: string) => `✅ ${name}، کارتت انتخاب شد. حالا یک ویژگی انتخاب کن.`,
    chosen: (name: string) => `✅ ${name} انتخابش را کرد.`,
    waitingFor: (name: string) => `⏳ در انتظار انتخاب ${name}…`,
    over: '⚔️ نبرد تمام شد!',
    side: (name: string, card: string) => `${name} با ${card}`,
    won: (name: string) => `🏆 برنده: ${name}`,
    tied: '🤝 نبرد مساوی شد.',
    gained: (name: string, score: number) => `➕ ${name} ${n(score)} امتیاز گرفت.`,
    lost: (name: string, hearts: number) => `💔 ${name} ${n(hearts)} قلب از دست داد.`,
    expired: (name: string) => `⌛️ مهلت مبارزه‌طلبی ${name} تمام شد و کسی آن را نپذیرفت.`,
  },

  refusals: {
    claimTooSoon: ({ remainingMs }) =>
      `کارت امروزت را گرفته‌ای. کارت بعدی ${duration(remainingMs)} دیگر آماده است.`,
    everyCardOwned: () => 'همه‌ی کارت‌های بازی را داری! کارت تازه که اضافه شد، دوباره بیا.',
    noHearts: ({ remainingMs }) =>
      `قلبی برایت نمانده است. قلب‌هایت ${duration(remainingMs)} دیگر پر می‌شوند.`,
    noCards: () => `هنوز کارتی نداری. اول با ${command('claim')} یک کارت بگیر.`,
    everyCardResting: () => 'همه‌ی کارت‌هایت در استراحت‌اند. کمی بعد دوباره بیا.',
    notInGroup: () =>
      `نبرد فقط در گروه ممکن است. مرا به گروهت اضافه کن و آنجا ${command('fight')} را بفرست.`,
    noSuchFight: () => 'این نبرد دیگر وجود ندارد.',
    fightExpired: () => 'مهلت این مبارزه‌طلبی تمام شده است.',
    fightTaken: () => 'این مبارزه‌طلبی پیش‌تر پذیرفته شده است.',
    ownFight: () => 'نمی‌توانی با خودت بجنگی!',
    notYourFight: () => 'این نبرد مال تو نیست.',
    fightNotAccepted: () => 'هنوز کسی این مبارزه‌طلبی را نپذیرفته است.',
    fightOver: () => 'این نبرد تمام شده است.',
    cardAlreadyChosen: () => 'کارتت را پیش‌تر انتخاب کرده‌ای.',
    cardNotOwned: () => 'این کارت مال تو نیست.',
    cardResting: ({ remainingMs }) =>
      `این کارت در استراحت است و ${duration(remainingMs)} دیگر آماده می‌شود.`,
    chooseCardFirst: () => 'اول کارتت را انتخاب کن.',
    statAlreadyChosen: () => 'ویژگی‌ات را پیش‌تر انتخاب کرده‌ای.',
    notYourButtons: () => 'این دکمه‌ها برای بازیکن دیگری است.',
  } satisfies RefusalTexts as RefusalTexts,
};

/** What every language has; Persian comes first, and the others have the same keys. */
export type Texts = typeof fa;
