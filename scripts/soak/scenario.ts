import type { Dice } from '../../test/support/dice.js';
import type { Scenario } from '../../test/support/move/under-fire.js';
import type { Violence } from '../../test/support/move/violence.js';

/** What the seed chooses. */
export function scenarioOf({ roll }: Pick<Dice, 'roll'>): Scenario {
  const oneOf = <T>(list: readonly T[]) => list[Math.floor(roll() * list.length)] as T;
  const violence = violenceOf(roll, oneOf);
  return {
    journalMode: oneOf(['wal', 'delete']),
    command: oneOf(['promote', 'demote']),
    violence,
    afterwards: oneOf(['again', 'nothing']),
    isFollowed: ('whom' in violence && violence.whom === 'follow') || roll() < 0.75,
    players: oneOf([1, 2, 3]),
    opsPerSecond: oneOf([20, 50, 100]),
  };
}

/** Where a promote or demote can be caught. */
const SWITCH_POINTS = [
  'switch-ready',
  'switch-fenced',
  'switch-caught-up',
  'switch-taken',
  'switch-done',
] as const;

const FOLLOW_POINTS = [
  'follow-read',
  'follow-applied',
  'postgres-apply',
  'sqlite-apply',
  'follow-settled',
  'give-up-told',
] as const;

/** From the start of its process a switch takes about so long, milliseconds. */
const SWITCH_MS = 900;

function violenceOf(roll: () => number, oneOf: <T>(list: readonly T[]) => T): Violence {
  const anyMoment = () => Math.floor(roll() * SWITCH_MS);
  const kind = oneOf([
    'killed',
    'killed',
    'stopped',
    'postgres crashes',
    'connections cut',
  ] as const);
  switch (kind) {
    case 'killed':
    case 'stopped': {
      const whom = oneOf(['switch', 'switch', 'follow'] as const);
      const points = whom === 'switch' ? SWITCH_POINTS : FOLLOW_POINTS;
      const nth = whom === 'switch' ? 1 : 1 + Math.floor(roll() * 40);
      const at = roll() < 0.7 ? `${oneOf(points)}:${nth}` : anyMoment();
      return { kind, whom, at };
    }
    case 'postgres crashes':
      return { kind, at: anyMoment(), downMs: Math.floor(roll() * 500) };
    case 'connections cut':
      return { kind, at: anyMoment(), players: roll() < 0.3 };
  }
}
