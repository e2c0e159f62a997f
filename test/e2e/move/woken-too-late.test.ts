import { describe, expect, test } from 'vitest';
import { movesUnderFire } from '../../support/move/crash-tests.js';

const move = movesUnderFire();

describe.each([
  { command: 'promote', to: 'postgres' },
  { command: 'demote', to: 'sqlite' },
] as const)(
  'a process that stands still while a $command goes on without it',
  ({ command, to }) => {
    test.each(['switch-ready', 'switch-fenced', 'switch-caught-up', 'switch-taken'])(
      'the command itself, at %s: it wakes up and changes nothing',
      async (at) => {
        const { facts } = await move({
          command,
          violence: { kind: 'stopped', whom: 'switch', at },
          afterwards: 'again',
        });
        expect(facts.log).toContain('stopped');
        expect(facts.authority).toBe(to);
      },
    );

    test.each(['follow-read:3', 'follow-applied:3'])(
      'a follow, at %s, whose lease has gone to another: it applies nothing twice',
      async (at) => {
        const { facts } = await move({
          command,
          violence: { kind: 'stopped', whom: 'follow', at },
          afterwards: 'again',
        });
        expect(facts.log).toContain('stopped');
        expect(facts.log.join('\n')).toMatch(/zombie follow/);
        expect(facts.authority).toBe(to);
      },
    );
  },
);
