import { hoursAndMinutes } from './duration.js';
import type { Texts } from './fa.js';

const numbers = new Intl.NumberFormat('en-US');
const n = (value: number) => numbers.format(value);
const some = (count: number, one: string) => `${n(count)} ${count === 1 ? one : `${one}s`}`;

function duration(ms: number): string {
  const { hours, minutes } = hoursAndMinutes(ms);
  if (hours === 0) return some(minutes, 'minute');
  return minutes === 0 ? some(hours, 'hour') : `${some(hours, 'hour')} ${some(minutes, 'minute')}`;
}

export const en: Texts = {
  directionMark: '\u200e',
  listSeparator: ', ',
  number: n,
  nameless: 'Nameless player',

  commands: {
    start: 'start playing',
    help: 'how to play',
    profile: 'your profile and results',
    cards: 'your cards',
    claim: 'claim your daily card',
    leaderboard: 'the best players',
    fight: 'challenge a group',
  },

  rarities: { normal: 'Normal', epic: 'Epic', legend: 'Legend' },
  stats: { power: 'Power', speed: 'Speed', iq: 'IQ', popularity: 'Popularity' },
  windows: { all: 'All time', week: 'Weekly', month: 'Monthly' },

  buttons: {
    cards: '🎴 My cards',
    leaderboard: '🏆 Leaderboard',
    previous: '◀️ Previous',
    next: 'Next ▶️',
    accept: '⚔️ Accept',
  },

  start: {
    welcome: (name) => `Hello ${name}! 👋`,
    about: 'Welcome to the battle of the cards.',
    claim: '🎁 Claim a new card every day with /claim.',
    fight: '⚔️ Challenge others in groups with /fight and collect points.',
    help: '📖 Read the rules in /help.',
  },

  help: {
    title: 'How to play',
    command: (name, what) => `/${name} — ${what}`,
    rules: 'Rules',
    claim: (ms) => `🎁 You get a card every ${duration(ms)}: one that you do not have yet.`,
    hearts: (hearts) =>
      `❤️ You have ${some(hearts, 'heart')} a day. Without one you wait until they are restored.`,
    fight: (ms) => `⚔️ A challenge is open for ${duration(ms)}. Both choose a card and a stat.`,
    total: '🧮 Both stats count on both cards, and the higher total wins.',
    score: '🏆 The weaker your card and the stronger the other, the more points a win brings.',
    rest: '😴 An epic or legend card that wins a lot rests for a while.',
  },

  profile: {
    title: (name) => `👤 ${name}`,
    score: (score) => `🏆 Score: ${n(score)}`,
    rank: (rank) => `📊 Rank: ${n(rank)}`,
    hearts: (hearts, ofHearts) => `❤️ Hearts: ${n(hearts)} of ${n(ofHearts)}`,
    heartsRestoredIn: (ms) => `⏳ Hearts restored in ${duration(ms)}`,
    games: (games) => `⚔️ Fights: ${n(games)}`,
    results: (wins, losses, ties) =>
      `✅ Won: ${n(wins)} · ❌ Lost: ${n(losses)} · 🤝 Tied: ${n(ties)}`,
    winRate: (percent) => `📈 Win rate: ${n(percent)}%`,
    cards: (cards) => `🎴 Cards: ${n(cards)}`,
    claimReady: '🎁 Your card of today is ready: /claim',
    claimIn: (ms) => `🎁 Next card in ${duration(ms)}`,
  },

  cards: {
    title: (name, cards) => `🎴 Cards of ${name}: ${some(cards, 'card')}`,
    none: (name) => `🎴 ${name} has no cards yet. The first one comes with /claim.`,
    page: (page, ofPages) => `Page ${n(page)} of ${n(ofPages)}`,
  },

  card: {
    abilities: (list) => `✨ Abilities: ${list}`,
    dialog: (said) => `💬 “${said}”`,
  },

  claim: {
    title: (name) => `🎉 ${name}, here is your new card!`,
    next: (ms) => `⏳ Next card in ${duration(ms)}`,
  },

  leaderboard: {
    title: (window) => `🏆 Leaderboard · ${window}`,
    row: (place, name, score, cards) =>
      `${place} ${name} — ${some(score, 'point')} · ${some(cards, 'card')}`,
    none: 'Nobody is on this board yet. Be the first!',
  },

  fight: {
    challenge: (name) => `⚔️ ${name} wants a fight!`,
    acceptWithin: (ms) => `The first one to accept fights. Open for ${duration(ms)}.`,
    accepted: (opponent, challenger) => `⚔️ ${opponent} accepted the challenge of ${challenger}!`,
    bothChoose: 'Both of you: choose a card and then a stat, each in your own message.',
    pickCard: (name) => `🎴 ${name}, choose your card.`,
    everyCardResting: (name) => `😴 ${name}, all your cards are resting. Come back a little later.`,
    pickStat: (name) => `✅ ${name}, your card is chosen. Now choose a stat.`,
    chosen: (name) => `✅ ${name} has chosen.`,
    waitingFor: (name) => `⏳ Waiting for ${name}…`,
    over: '⚔️ The fight is over!',
    side: (name, card) => `${name} with ${card}`,
    won: (name) => `🏆 Winner: ${name}`,
    tied: '🤝 It is a tie.',
    gained: (name, score) => `➕ ${name} gains ${some(score, 'point')}.`,
    lost: (name, hearts) => `💔 ${name} loses ${some(hearts, 'heart')}.`,
    expired: (name) => `⌛️ Nobody accepted the challenge of ${name} in time.`,
  },

  refusals: {
    claimTooSoon: ({ remainingMs }) =>
      `You have claimed your card of today. The next one is ready in ${duration(remainingMs)}.`,
    everyCardOwned: () => 'You have every card there is! Come back when there are new ones.',
    noHearts: ({ remainingMs }) =>
      `You have no hearts left. They are restored in ${duration(remainingMs)}.`,
    noCards: () => 'You have no cards yet. Claim one with /claim first.',
    everyCardResting: () => 'All your cards are resting. Come back a little later.',
    notInGroup: () => 'Fights are for groups. Add me to your group and send /fight there.',
    noSuchFight: () => 'This fight is no longer there.',
    fightExpired: () => 'This challenge has expired.',
    fightTaken: () => 'This challenge has already been accepted.',
    ownFight: () => 'You cannot fight yourself!',
    notYourFight: () => 'This is not your fight.',
    fightNotAccepted: () => 'Nobody has accepted this challenge yet.',
    fightOver: () => 'This fight is over.',
    cardAlreadyChosen: () => 'You have already chosen your card.',
    cardNotOwned: () => 'This card is not yours.',
    cardResting: ({ remainingMs }) =>
      `This card is resting. It is ready in ${duration(remainingMs)}.`,
    chooseCardFirst: () => 'Choose your card first.',
    statAlreadyChosen: () => 'You have already chosen your stat.',
    notYourButtons: () => 'These buttons are for another player.',
  },
};
