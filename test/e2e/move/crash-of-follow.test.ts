import { describe, expect, test } from 'vitest';
import { movesUnderFire } from '../../support/move/crash-tests.js';

const move = movesUnderFire();

describe.each([
  { command: 'promote', from: 'sqlite', to: 'postgres' },
  { command: 'demote', from: 'postgres', to: 'sqlite' },
] as const)('a follow that is killed under a $command', ({ command, from, to }) => {
  test.each([
    'follow-read:5',
    `${to}-apply:5`,
    'follow-applied:5',
    // In the other direction, after the change.
    `${from}-apply:3`,
  ])('at %s is started again, and nothing is missing or twice', async (at) => {
    const { facts } = await move({
      command,
      violence: { kind: 'killed', follow: at },
      afterwards: 'again',
    });
    expect(facts.log.join('\n')).toMatch(/follow SIGKILL/);
    expect(facts.authority).toBe(to);
  });

  test('as it gives up for another that was killed lets writers in again', async () => {
    const { facts } = await move({
      command,
      violence: { kind: 'killed', switch: 'switch-fenced', follow: 'give-up-told' },
      afterwards: 'nothing',
    });
    expect(facts.log.join('\n')).toMatch(/SIGKILL.*\n.*follow SIGKILL/);
    expect(facts.authority).toBe(from);
  });
});
