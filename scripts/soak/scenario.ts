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
    isFollowed: needsFollow(violence) || roll() < 0.75,
    players: oneOf([1, 2, 3]),
    opsPerSecond: oneOf([20, 50, 100]),
  };
}

function needsFollow(violence: Violence): boolean {
  return (
    (violence.kind === 'stopped' && violence.whom === 'follow') ||
    (violence.kind === 'killed' && violence.follow !== undefined)
  );
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
] as const;

/** From the start of its process a switch takes about so long, milliseconds. */
const SWITCH_MS = 900;

function violenceOf(roll: () => number, oneOf: <T>(list: readonly T[]) => T): Violence {
  const anyMoment = () => Math.floor(roll() * SWITCH_MS);
  const when = (points: readonly string[], nthMax: number) =>
    roll() < 0.7 ? `${oneOf(points)}:${1 + Math.floor(roll() * nthMax)}` : anyMoment();
  const ofSwitch = () => when(SWITCH_POINTS, 1);
  const ofFollow = () => when(FOLLOW_POINTS, 40);
  const kind = oneOf([
    'killed',
    'killed',
    'stopped',
    'postgres crashes',
    'connections cut',
  ] as const);
  switch (kind) {
    case 'killed': {
      const whom = oneOf(['switch', 'switch', 'follow', 'both', 'giving up'] as const);
      if (whom === 'switch') return { kind, switch: ofSwitch() };
      if (whom === 'follow') return { kind, follow: ofFollow() };
      if (whom === 'both') return { kind, switch: ofSwitch(), follow: ofFollow() };
      return { kind, switch: 'switch-fenced', follow: 'give-up-told' };
    }
    case 'stopped': {
      const whom = oneOf(['switch', 'switch', 'follow'] as const);
      return { kind, whom, at: whom === 'switch' ? ofSwitch() : ofFollow() };
    }
    case 'postgres crashes':
      return { kind, at: ofSwitch(), downMs: Math.floor(roll() * 500) };
    case 'connections cut':
      return { kind, at: ofSwitch(), players: roll() < 0.3 };
  }
}
