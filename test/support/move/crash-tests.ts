import { beforeAll, expect, inject } from 'vitest';
import { loadTemplate, type MoveTemplate } from './template.js';
import { complaints, moveUnderFire, type Outcome, type Scenario } from './under-fire.js';
import type { Violence } from './violence.js';

/** For a test file: each call moves a copy of one small bank, on the tests' own server. */
export function movesUnderFire(): (
  scenario: Pick<Scenario, 'command' | 'afterwards'> & Partial<Scenario> & { violence: Violence },
) => Promise<Outcome> {
  let template: MoveTemplate;
  beforeAll(async () => {
    template = await loadTemplate(inject('postgresAdminUrl'), 20);
  });
  return async (scenario) => {
    const outcome = await moveUnderFire(template, NO_SERVER, { ...USUAL, ...scenario });
    expect(complaints(outcome), outcome.facts.log.join('\n')).toEqual([]);
    expect(outcome.facts.acknowledged).toBeGreaterThan(0);
    return outcome;
  };
}

const USUAL = {
  journalMode: 'delete',
  isFollowed: true,
  players: 2,
  opsPerSecond: 50,
} as const;

const NO_SERVER = {
  crash: () => Promise.reject(new Error('it is the server of all tests')),
  startAgain: () => Promise.reject(new Error('it never crashed')),
};
