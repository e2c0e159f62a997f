import { describe, expect, test } from 'vitest';
import { movesUnderFire } from '../../support/move/crash-tests.js';

const move = movesUnderFire();

describe.each([
  { command: 'promote', to: 'postgres' },
  { command: 'demote', to: 'sqlite' },
] as const)(
  'a process that stands still while a $command goes on without it',
  ({ command, to }) => {
    /** What was logged of a move that has come right although one stood still. */
    const logOf = async (whom: 'switch' | 'follow', at: string) => {
      const violence = { kind: 'stopped', whom, at } as const;
      const { facts } = await move({ command, violence, afterwards: 'again' });
      expect(facts.log).toContain('stopped');
      expect(facts.authority).toBe(to);
      return facts.log.join('\n');
    };

    test.each(['switch-ready', 'switch-fenced', 'switch-caught-up', 'switch-taken'])(
      'the command itself, at %s: it wakes up and changes nothing',
      async (at) => void (await logOf('switch', at)),
    );

    test.each(['follow-read:3', 'follow-applied:3'])(
      'a follow, at %s, whose lease has gone to another: it applies nothing twice',
      async (at) => {
        expect(await logOf('follow', at)).toMatch(/zombie follow/);
      },
    );
  },
);
