import { describe, expect, test } from 'vitest';
import { movesUnderFire } from '../../support/move/crash-tests.js';
import type { Scenario } from '../../support/move/under-fire.js';

const move = movesUnderFire();

/** Where the change is begun again; after them the only way is forward. */
const BEFORE = ['switch-ready', 'switch-fenced', 'switch-caught-up'];
const AFTER = ['switch-taken', 'switch-done'];

describe.each([
  { command: 'promote', from: 'sqlite', to: 'postgres' },
  { command: 'demote', from: 'postgres', to: 'sqlite' },
] as const)('a $command that is killed', ({ command, from, to }) => {
  /** Who takes writes once it was, and all has come right. */
  const authorityAfter = async (
    at: string,
    rest: Pick<Scenario, 'afterwards'> & Partial<Scenario>,
  ) => {
    const { facts } = await move({ command, violence: { kind: 'killed', switch: at }, ...rest });
    expect(facts.log[0]).toMatch(/SIGKILL/);
    return facts.authority;
  };

  test.each([...BEFORE, ...AFTER])('at %s is finished by the same command', async (at) => {
    expect(await authorityAfter(at, { afterwards: 'again' })).toBe(to);
  });

  test.each(BEFORE)(
    'at %s with nobody to run it again leaves the writers where they were',
    async (at) => {
      expect(await authorityAfter(at, { afterwards: 'nothing' })).toBe(from);
    },
  );

  test.each(AFTER)('at %s with nobody to run it again has moved them', async (at) => {
    expect(await authorityAfter(at, { afterwards: 'nothing' })).toBe(to);
  });

  test.each(['switch-fenced', 'switch-caught-up', 'switch-taken'])(
    'at %s without any follow process is finished by the same command',
    async (at) => {
      expect(await authorityAfter(at, { afterwards: 'again', isFollowed: false })).toBe(to);
    },
  );
});
