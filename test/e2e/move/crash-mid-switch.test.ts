import { describe, expect, test } from 'vitest';
import { movesUnderFire } from '../../support/move/crash-tests.js';

const move = movesUnderFire();

/** Where the change is begun again; after them the only way is forward. */
const BEFORE = ['switch-ready', 'switch-fenced', 'switch-caught-up'];
const AFTER = ['switch-taken', 'switch-done'];

describe.each([
  { command: 'promote', from: 'sqlite', to: 'postgres' },
  { command: 'demote', from: 'postgres', to: 'sqlite' },
] as const)('a $command that is killed', ({ command, from, to }) => {
  test.each([...BEFORE, ...AFTER])('at %s is finished by the same command', async (at) => {
    const { facts } = await move({
      command,
      violence: { kind: 'killed', switch: at },
      afterwards: 'again',
    });
    expect(facts.log[0]).toMatch(/SIGKILL/);
    expect(facts.authority).toBe(to);
  });

  test.each(BEFORE)(
    'at %s with nobody to run it again leaves the writers where they were',
    async (at) => {
      const { facts } = await move({
        command,
        violence: { kind: 'killed', switch: at },
        afterwards: 'nothing',
      });
      expect(facts.log[0]).toMatch(/SIGKILL/);
      expect(facts.authority).toBe(from);
    },
  );

  test.each(AFTER)('at %s with nobody to run it again has moved them', async (at) => {
    const { facts } = await move({
      command,
      violence: { kind: 'killed', switch: at },
      afterwards: 'nothing',
    });
    expect(facts.log[0]).toMatch(/SIGKILL/);
    expect(facts.authority).toBe(to);
  });

  test.each(['switch-fenced', 'switch-caught-up', 'switch-taken'])(
    'at %s without any follow process is finished by the same command',
    async (at) => {
      const { facts } = await move({
        command,
        violence: { kind: 'killed', switch: at },
        afterwards: 'again',
        isFollowed: false,
      });
      expect(facts.log[0]).toMatch(/SIGKILL/);
      expect(facts.authority).toBe(to);
    },
  );
});
