/** What a player can do, by the words of the game. `page` turns own cards, `picks` those to fight with. */
export const KINDS = [
  'start',
  'help',
  'profile',
  'cards',
  'page',
  'leaderboard',
  'top',
  'claim',
  'fight',
  'accept',
  'pick',
  'picks',
  'stat',
] as const;

export type Kind = (typeof KINDS)[number];

const WRITES: ReadonlySet<Kind> = new Set(['claim', 'fight', 'accept', 'pick', 'stat']);

/** Whether the bot must execute it on the database that accepts writes, refusals included. */
export function isWrite(kind: Kind): boolean {
  return WRITES.has(kind);
}
