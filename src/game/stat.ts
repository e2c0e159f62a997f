/** What a card is measured by; each is a column of `cards`. */
export const STATS = ['power', 'speed', 'iq', 'popularity'] as const;

export type Stat = (typeof STATS)[number];

export function isStat(text: string | null): text is Stat {
  return STATS.some((stat) => stat === text);
}
