import { describe, expect, test } from 'vitest';
import { movesWhilePostgresCrashes } from '../../support/move/crash-tests.js';

const move = movesWhilePostgresCrashes();

describe.each([
  { command: 'promote', to: 'postgres' },
  { command: 'demote', to: 'sqlite' },
] as const)('a Postgres that crashes under a $command', ({ command, to }) => {
  test.each(['switch-ready', 'switch-fenced', 'switch-caught-up', 'switch-taken'])(
    'at %s: nothing is lost, and the same command finishes it once it is back',
    async (at) => {
      const { facts } = await move({
        command,
        violence: { kind: 'postgres crashes', at, downMs: 300 },
        afterwards: 'again',
      });
      expect(facts.authority).toBe(to);
    },
  );

  test('between fence and new authority, with nobody to run it again: writers are let in', async () => {
    const { facts } = await move({
      command,
      violence: { kind: 'postgres crashes', at: 'switch-fenced', downMs: 300 },
      afterwards: 'nothing',
    });
    expect(facts.authority).not.toBeNull();
  });

  test('whose connections are cut at switch-fenced loses nothing either', async () => {
    const { facts } = await move({
      command,
      violence: { kind: 'connections cut', at: 'switch-fenced', players: true },
      afterwards: 'again',
    });
    expect(facts.log.join('\n')).toMatch(/cut [1-9]/);
    expect(facts.authority).toBe(to);
  });
});
