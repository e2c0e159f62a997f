/** In the order in which players are told of them. */
export const COMMANDS = [
  'start',
  'help',
  'profile',
  'cards',
  'claim',
  'leaderboard',
  'fight',
] as const;

export type Command = (typeof COMMANDS)[number];
