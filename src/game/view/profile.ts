import { HEARTS_A_DAY } from '../hearts.js';
import type { Profile } from '../profile.js';
import { type Language, type Texts, textsIn } from '../texts/catalogue.js';
import { rarityCounts } from './card-lines.js';
import { nameOf } from './name.js';
import { keyboardButton, type Screen, screen } from './screen.js';

export function profileScreen(profile: Profile, language: Language = 'fa'): Screen {
  const texts = textsIn(language);
  const { who, cards } = profile;
  return screen(
    texts,
    [
      `<b>${texts.profile.title(nameOf(who, texts))}</b>`,
      '',
      texts.profile.score(profile.score),
      texts.profile.rank(profile.rank),
      ...heartLines(profile, texts),
      '',
      ...gameLines(profile, texts),
      '',
      texts.profile.cards(cards.normal + cards.epic + cards.legend),
      rarityCounts(cards, texts),
      '',
      profile.claimInMs > 0 ? texts.profile.claimIn(profile.claimInMs) : texts.profile.claimReady,
    ],
    [[keyboardButton(texts.buttons.cards, { kind: 'cards', ownerId: who.user_id, page: 1 })]],
  );
}

/** Who has all hearts does not ask when they are restored. */
function heartLines({ hearts, heartsRestoredInMs }: Profile, texts: Texts): string[] {
  const line = texts.profile.hearts(hearts, HEARTS_A_DAY);
  return hearts >= HEARTS_A_DAY
    ? [line]
    : [line, texts.profile.heartsRestoredIn(heartsRestoredInMs)];
}

function gameLines({ games, wins, losses, ties, winRatePercent }: Profile, texts: Texts): string[] {
  if (winRatePercent === null) return [texts.profile.games(games)];
  return [
    texts.profile.games(games),
    texts.profile.results(wins, losses, ties),
    texts.profile.winRate(winRatePercent),
  ];
}
