import { beforeAll, expect, inject } from 'vitest';
import { atEnd } from '../cleanup.js';
import { DURABLE, type PostgresServer, startPostgres } from '../postgres-server.js';
import { loadTemplate, type MoveTemplate } from './template.js';
import { complaints, moveUnderFire, type Outcome, type Scenario } from './under-fire.js';
import type { Violence } from './violence.js';

type Move = (
  scenario: Pick<Scenario, 'command' | 'afterwards'> & Partial<Scenario> & { violence: Violence },
) => Promise<Outcome>;

/** For a test file: each call moves a copy of one small bank, on the tests' own server. */
export function movesUnderFire(): Move {
  return movesOn(async () => ({ ...NO_SERVER, adminUrl: inject('postgresAdminUrl') }));
}

/** The same on a server of the file's own, that can crash: what it said is committed stays. */
export function movesWhilePostgresCrashes(): Move {
  return movesOn(async () => {
    const server = await startPostgres({ settings: DURABLE });
    atEnd(() => server.stop());
    return server;
  });
}

function movesOn(
  open: () => Promise<Pick<PostgresServer, 'adminUrl' | 'crash' | 'startAgain'>>,
): Move {
  let template: MoveTemplate;
  let server: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    server = await open();
    template = await loadTemplate(server.adminUrl, 20);
  });
  return async (scenario) => {
    const outcome = await moveUnderFire(template, server, { ...USUAL, ...scenario });
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
