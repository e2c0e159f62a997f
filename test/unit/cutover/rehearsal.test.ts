import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/cli/config/index.js';
import { scratchConfig } from '../../../src/cli/engine/rehearsal/scratch-config.js';
import { realTimes, stepTimes, writePauses } from '../../../src/steps/rehearse/report.js';
import { tempDir } from '../../support/temp-dir.js';

const REAL = {
  source: 'game.db',
  target: 'postgres://bot:real-password@db.internal/game',
  types: { 'players.last_claim': 'text' },
  promote: { backlogMax: 7 },
  telegram: { token: '123:real-token', secretToken: 'real-secret', webhookPath: '/hook-real' },
  runtime: { adminToken: 'real-admin', peerSecret: 'real-peer', timeZone: 'Asia/Tehran' },
  redis: 'redis://:real-redis@10.0.1.30',
  bots: [
    { name: 'legacy-1', stack: 'legacy', address: '10.0.1.9:8443', admin: 'http://10.0.1.9:9443' },
    { name: 'fleet-1', stack: 'fleet', address: '10.0.1.10:8443', admin: 'http://10.0.1.10:9443' },
  ],
  cutover: { prometheus: { url: 'http://10.0.1.50:9090' } },
};

const PLACES = {
  directory: '/scratch',
  sourcePath: '/scratch/game.db',
  targetUrl: 'postgres://cardctl@127.0.0.1:5/card_game',
  apiListen: '127.0.0.1:1',
  bots: [
    {
      name: 'legacy-1',
      stack: 'legacy' as const,
      address: '127.0.0.1:2',
      admin: 'http://127.0.0.1:3',
    },
  ],
  redisUrl: null,
  nginx: { listenPort: 4, statusPort: 5, test: ['nginx', '-t'], reload: ['nginx', '-s', 'reload'] },
};

describe('the configuration of a rehearsal', () => {
  it('says of the data what the real one says, and names no real place and no real secret', async () => {
    const file = join(await tempDir(), 'cardctl.json');
    await writeFile(file, JSON.stringify(REAL));
    const real = loadConfig({ file, flags: {}, env: {}, cwd: '/', onSecret: () => undefined });
    const body = scratchConfig(real, PLACES, { steps: [100], promoteAfter: 100 });
    expect(body).toMatchObject({
      source: '/scratch/game.db',
      types: REAL.types,
      promote: REAL.promote,
      runtime: { timeZone: 'Asia/Tehran' },
      cutover: { steps: [100], promoteAfter: 100 },
    });
    expect(JSON.stringify(body)).not.toMatch(/real-|10\.0\.1|db\.internal/);

    const scratch = join(await tempDir(), 'cardctl.json');
    await writeFile(scratch, JSON.stringify(body));
    const read = loadConfig({ file: scratch, flags: {}, env: {}, cwd: '/', onSecret: () => {} });
    expect(read.stacks.bots.map(({ name, address }) => [name, address])).toEqual([
      ['legacy-1', '127.0.0.1:2'],
    ]);
    expect(read.stacks.redis).toEqual([]);
  });
});

const ENTRIES = [
  entry('backup', 0, 4, { writersHeldMs: 12 }),
  entry('shift-50', 4, 14, {}),
  entry('promote', 14, 15, { authority: { store: 'postgres', pauseMs: 96 } }),
  { ...entry('gate-promoted', 15, 20, {}), endedAt: null },
];

describe('what a rehearsal tells', () => {
  it('is every pause, of writers while a copy was made and of writes at a change of authority', () => {
    expect(writePauses(ENTRIES)).toEqual([
      { what: 'backup', ms: 12 },
      { what: 'promote', ms: 96 },
    ]);
  });

  it('is how long each step took that came to its end', () => {
    expect(stepTimes(ENTRIES, []).map(({ step, seconds }) => [step, seconds])).toEqual([
      ['backup', 4],
      ['shift-50', 10],
      ['promote', 1],
    ]);
  });

  it('is how long players waited in the worst second of each step', () => {
    const played = [
      { atMs: Date.UTC(2025, 0, 1, 0, 0, 1), p99Ms: 20, errors: 0 },
      { atMs: Date.UTC(2025, 0, 1, 0, 0, 3), p99Ms: 900, errors: 2 },
      { atMs: Date.UTC(2025, 0, 1, 0, 0, 5), p99Ms: 30, errors: 0 },
    ];
    expect(
      stepTimes(ENTRIES, played).map(({ worstP99Ms, errors }) => [worstP99Ms, errors]),
    ).toEqual([
      [900, 2],
      [30, 0],
      [null, 0],
    ]);
  });

  it('is how long the real one takes: the same work, and as many updates as its gates need', () => {
    const rates = { updatesNeeded: 3_000, updatesPerSecond: 30 };
    const plan = { steps: [10, 50, 100], promoteAfter: 50 };
    expect(realTimes(stepTimes(ENTRIES, []), plan, rates)).toEqual({
      preparing: 4,
      gates: [
        { percent: 10, seconds: 1_000 },
        { percent: 50, seconds: 200 },
        { percent: 50, seconds: 200 },
        { percent: 100, seconds: 100 },
      ],
      total: 1_504,
    });
  });
});

function entry(step: string, fromS: number, toS: number, more: object) {
  const at = (seconds: number) => new Date(Date.UTC(2025, 0, 1, 0, 0, seconds)).toISOString();
  return {
    ...{ step, beganAt: at(fromS), endedAt: at(toS) as string | null, outcome: '' },
    ...{ authority: null, writersHeldMs: null, ...more },
  };
}
