import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { GameAfter, GameBefore, PlayerState } from '../../../src/loadtest/check-effects.js';
import {
  checkLedger,
  type DatabaseReader,
  type LedgerVerdict,
} from '../../../src/loadtest/check-ledger.js';
import { type Ledger, openLedger } from '../../../src/loadtest/ledger.js';
import { readLedger } from '../../../src/loadtest/read-ledger.js';
import { tempDir } from '../../support/temp-dir.js';

const at = new Date(Date.UTC(2025, 0, 1));

describe('the ledger', () => {
  test('is written line by line, for its owner alone', async () => {
    const path = await written((ledger) => {
      ledger.sent([{ updateId: 100, userId: 7, kind: 'claim' }]);
      ledger.acknowledged(100, at, { attempts: 2, byForeign: false });
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8').split('\n')).toEqual([
      '{"version":1,"firstUpdateId":100,"startedAt":"2025-01-01T00:00:00.000Z"}',
      '{"sent":100,"user":7,"kind":"claim"}',
      '{"acknowledged":100,"at":"2025-01-01T00:00:00.000Z","attempts":2}',
      '{"end":true}',
      '',
    ]);
  });

  test('says what was acknowledged by a bot that is no cardbot', async () => {
    const path = await written((ledger) => {
      ledger.sent([{ updateId: 100, userId: 7, kind: 'claim' }]);
      ledger.acknowledged(100, at, { attempts: 1, byForeign: true });
    });
    expect(readFileSync(path, 'utf8').split('\n')[2]).toBe(
      '{"acknowledged":100,"at":"2025-01-01T00:00:00.000Z","attempts":1,"foreign":true}',
    );
    const ledger = await readLedger(path);
    expect([ledger.isByForeign(100), ledger.isByForeign(101)]).toEqual([true, false]);
  });

  test('does not write over a file that is there', async () => {
    const path = await written(() => {});
    expect(() => openLedger(path, 1, at)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('EEXIST') }),
    );
  });

  test('a kill right after sending loses nothing that was sent', { timeout: 30_000 }, async () => {
    const path = join(await tempDir(), 'ledger.ndjson');
    const module = pathToFileURL(join(import.meta.dirname, '../../../src/loadtest/ledger.ts'));
    const code = `
      const { openLedger } = await import(${JSON.stringify(module.href)});
      const ledger = openLedger(${JSON.stringify(path)}, 1, new Date());
      const updates = Array.from({ length: 500 }, (_, index) => index + 1);
      for (const updateId of updates) {
        ledger.sent([{ updateId, userId: 7, kind: 'claim' }]);
        ledger.acknowledged(updateId, new Date(), { attempts: 1, byForeign: false });
      }
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code]);
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    const ledger = await readLedger(path);
    expect([ledger.nextUpdateId, ledger.isWhole]).toEqual([501, false]);
    expect(ledger.sent(500)).toEqual({ userId: 7, kind: 'claim', isWrite: true });
    expect(ledger.acknowledgements(499)).toBe(1);
  });

  test('half a line at the end is left out', async () => {
    const path = await written((ledger) => {
      ledger.sent([{ updateId: 100, userId: 7, kind: 'claim' }]);
    });
    const text = readFileSync(path, 'utf8').replace('{"end":true}\n', '');
    writeFileSync(path, text);
    appendFileSync(path, '{"acknowledged":1');
    const ledger = await readLedger(path);
    expect([ledger.isWhole, ledger.acknowledgements(100)]).toEqual([false, 0]);
  });

  test('a file that is something else is refused', async () => {
    const path = join(await tempDir(), 'journal.ndjson');
    writeFileSync(path, '{"run":1}\n');
    await expect(readLedger(path)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('the check of a ledger', () => {
  test('passes when every acknowledged write is applied once', async () => {
    const verdict = await check({ applied: [101n, 102n] });
    expect(verdict).toEqual({
      pass: true,
      writesChecked: 2,
      effects: null,
      violations: [],
      foreign: null,
    });
  });

  test('a write that was sent and not acknowledged may be applied', async () => {
    expect(await check({ applied: [101n, 102n, 103n] })).toMatchObject({ pass: true });
  });

  test('a read may be applied, and need not be', async () => {
    expect(await check({ applied: [100n, 101n, 102n] })).toMatchObject({ pass: true });
  });

  test('names the acknowledged write that is missing', async () => {
    expect(violations(await check({ applied: [101n] }))).toEqual([
      ['acknowledged but not applied', 102n, 8n],
    ]);
  });

  test('names the update that is applied twice', async () => {
    expect(violations(await check({ applied: [101n, 102n, 102n] }))).toEqual([
      ['applied twice', 102n, 8n],
    ]);
  });

  test('names the update that was applied and never sent', async () => {
    expect(violations(await check({ applied: [101n, 102n, 104n] }))).toEqual([
      ['applied but never sent', 104n, undefined],
    ]);
  });

  test('names the update that was acknowledged twice', async () => {
    const verdict = await check({ applied: [101n, 102n] }, (ledger) => {
      ledger.acknowledged(101, at, { attempts: 2, byForeign: false });
    });
    expect(violations(verdict)).toEqual([['acknowledged twice', 101n, 7n]]);
  });

  test('effects that do not add up fail it, and are counted', async () => {
    const players = new Map([[7n, player({ last_claim: null })]]);
    const effects = {
      before: {
        at: { ms: at.getTime(), zone: 'UTC' },
        players,
        finishedFights: 3,
        challenges: new Map(),
      },
      after: {
        players,
        finishedFights: 3,
        challenges: new Map(),
        newCards: new Map([[7n, 1]]),
        newHistory: [],
        haveAll: new Set<bigint>(),
      },
    };
    const verdict = await check({ applied: [101n, 102n], effects });
    expect(violations(verdict)).toEqual([
      ['not one card a claim', undefined, 7n],
      ['acknowledged claim without a card', undefined, 7n],
    ]);
    expect(verdict.effects).toEqual({ cards: 1, fights: 0 });
  });

  test('a run that sent nothing asks the database for nothing', async () => {
    const path = await written(() => {});
    const verdict = await checkLedger(await readLedger(path), reader({ applied: [1n] }));
    expect(verdict).toEqual({
      pass: true,
      writesChecked: 0,
      effects: null,
      violations: [],
      foreign: null,
    });
  });
});

describe('beside a bot that keeps no ledger', () => {
  /** 100 is a challenge, acknowledged by that bot; 101 a claim, by a cardbot. */
  async function mixed(
    applied: bigint[],
    { hasForeign = true, byForeign = true, opened = 1 } = {},
  ) {
    const path = await written((ledger) => {
      ledger.sent([
        { updateId: 100, userId: 7, kind: 'fight' },
        { updateId: 101, userId: 8, kind: 'claim' },
      ]);
      ledger.acknowledged(100, at, { attempts: 1, byForeign });
      ledger.acknowledged(101, at, { attempts: 1, byForeign: false });
    });
    const none = { players: new Map(), finishedFights: 0 };
    const effects = {
      before: { ...none, at: { ms: at.getTime(), zone: 'UTC' }, challenges: new Map() },
      after: {
        ...none,
        challenges: new Map([[7n, opened]]),
        newCards: new Map(),
        newHistory: [],
        haveAll: new Set<bigint>(),
      },
    };
    return checkLedger(await readLedger(path), reader({ applied, effects }), { hasForeign });
  }

  test('its writes are set aside, and the others are held to the ledger', async () => {
    expect(await mixed([101n])).toMatchObject({
      pass: true,
      writesChecked: 1,
      violations: [],
      foreign: { writesAcknowledged: 1, violations: [] },
    });
    expect(violations(await mixed([]))).toEqual([['acknowledged but not applied', 101n, 8n]]);
  });

  test('what it did twice is told apart, and is no violation', async () => {
    const doubled = {
      rule: 'more challenges than sent',
      userId: 7n,
      detail: 'user 7 opened 2 challenges for 1 of /fight',
    };
    expect(await mixed([101n], { opened: 2 })).toMatchObject({
      pass: true,
      violations: [],
      foreign: { writesAcknowledged: 1, violations: [doubled] },
    });
  });

  test('where it had no part, what does not add up is a violation as ever', async () => {
    const verdict = await mixed([100n, 101n], { byForeign: false, opened: 2 });
    expect(violations(verdict)).toEqual([['more challenges than sent', undefined, 7n]]);
    expect(verdict.foreign).toBeNull();
  });

  test('where none is configured, an answer that nobody signed is held to the ledger', async () => {
    expect(violations(await mixed([101n], { hasForeign: false }))).toEqual([
      ['acknowledged but not applied', 100n, 7n],
    ]);
  });
});

async function written(fill: (ledger: Ledger) => void): Promise<string> {
  const path = join(await tempDir(), 'ledger.ndjson');
  const ledger = openLedger(path, 100, at);
  fill(ledger);
  ledger.close();
  return path;
}

interface Found {
  applied: bigint[];
  effects?: { before: GameBefore; after: GameAfter };
}

function player(changes: Partial<PlayerState>): PlayerState {
  return { total_score: 0, hearts: 10, last_heart_reset: null, last_claim: null, ...changes };
}

/** 100 a read; 101 and 102 acknowledged writes; 103 a write without answer; 104 never sent. */
async function check(found: Found, more: (ledger: Ledger) => void = () => {}) {
  const path = await written((ledger) => {
    ledger.sent([
      { updateId: 100, userId: 7, kind: 'profile' },
      { updateId: 101, userId: 7, kind: 'claim' },
    ]);
    ledger.sent([
      { updateId: 105, userId: 9, kind: 'help' },
      { updateId: 102, userId: 8, kind: 'accept' },
      { updateId: 103, userId: 8, kind: 'pick' },
    ]);
    for (const id of [100, 101, 102]) {
      ledger.acknowledged(id, at, { attempts: 1, byForeign: false });
    }
    more(ledger);
  });
  return checkLedger(await readLedger(path), reader(found));
}

function reader({ applied, effects }: Found): DatabaseReader {
  return {
    appliedUpdateIds: async function* (from, to) {
      yield* applied.filter((id) => id >= from && id <= to);
    },
    ...(effects && { effects: async () => effects }),
  };
}

function violations(verdict: LedgerVerdict) {
  expect(verdict.pass).toBe(false);
  return verdict.violations.map(({ rule, updateId, userId }) => [rule, updateId, userId]);
}
