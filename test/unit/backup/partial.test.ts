import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  isSurelyDead,
  makePartial,
  removeDeadPartials,
  removeWhole,
} from '../../../src/snapshot/archive/partial.js';
import { tempDir } from '../../support/temp-dir.js';

const name = (host: string, boot: string, namespace: number, pid: number, start: number) =>
  `.cardctl-partial-${host}-${boot}-${namespace}-${pid}-${start}-0a1b2c3d`;

const here = {
  host: 'aaaaaaaa',
  boot: 'bbbbbbbb',
  pidNamespace: '7',
  startOf: (pid: number) => ({ 100: '5000', 200: '0' })[pid],
};

describe('unfinished work is taken for dead', () => {
  it.each([
    ['when its process is gone', name('aaaaaaaa', 'bbbbbbbb', 7, 999, 5000)],
    ['when its pid belongs to a younger process', name('aaaaaaaa', 'bbbbbbbb', 7, 100, 4000)],
    ['when the machine was started again', name('aaaaaaaa', 'cccccccc', 7, 100, 5000)],
  ])('%s', (_when, partial) => {
    expect(isSurelyDead(partial, here)).toBe(true);
  });
});

describe('unfinished work is left alone', () => {
  it.each([
    ['when its process lives', name('aaaaaaaa', 'bbbbbbbb', 7, 100, 5000)],
    ['when the start of its process is hidden', name('aaaaaaaa', 'bbbbbbbb', 7, 200, 5000)],
    ['when another machine made it', name('dddddddd', 'bbbbbbbb', 7, 999, 5000)],
    ['when another container made it', name('aaaaaaaa', 'bbbbbbbb', 8, 999, 5000)],
    ['when its name says nothing', '.cardctl-partial-aaaaaaaa'],
  ])('%s', (_when, partial) => {
    expect(isSurelyDead(partial, here)).toBe(false);
  });
});

it("removes a dead run's work, and neither ours nor anything else", async () => {
  const parent = await tempDir();
  const ours = makePartial(parent);
  const dead = ours.replace(/-\d+-\d+-[0-9a-f]+$/, '-4194305-1-00000000');
  mkdirSync(dead);
  writeFileSync(join(dead, 'snapshot.db'), 'x');
  mkdirSync(join(parent, 'game_bot.db-20250101T000000Z-000000'));
  expect(removeDeadPartials(parent)).toBe(1);
  expect(readdirSync(parent).map((entry) => join(parent, entry))).toEqual([
    ours,
    join(parent, 'game_bot.db-20250101T000000Z-000000'),
  ]);
});

it('removes a whole directory by way of a name that no reader looks at', async () => {
  const parent = await tempDir();
  const directory = join(parent, 'game_bot.db-20250101T000000Z-000000');
  mkdirSync(directory);
  writeFileSync(join(directory, 'manifest.json'), '{}');
  removeWhole(directory, parent);
  expect(readdirSync(parent)).toEqual([]);
});
