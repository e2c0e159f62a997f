import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { backupName, listBackups, sourceIdOf } from '../../../src/snapshot/archive/layout.js';
import type { Manifest } from '../../../src/snapshot/archive/manifest.js';
import { surplusBackups } from '../../../src/steps/backup/keep.js';
import { tempDir } from '../../support/temp-dir.js';

it('names a backup by its source, the UTC second and an id', () => {
  const at = new Date('2025-10-11T10:20:30.999Z');
  expect(backupName('/srv/bot/game_bot.db', at, 'a1b2c3')).toBe(
    'game_bot.db-20251011T102030Z-a1b2c3',
  );
});

it('lists whole backups only, oldest first by their manifests', async () => {
  const out = await tempDir();
  fakeBackup(out, 'game_bot.db-20250102T000000Z-000002', { createdAt: '2025-01-02T00:00:00Z' });
  fakeBackup(out, 'game_bot.db-20250101T000000Z-000001', { createdAt: '2025-01-01T00:00:00Z' });
  fakeBackup(out, 'game_bot.db-20250103T000000Z-000003', { bytes: 99 });
  fakeBackup(out, '.cardctl-partial-aaaaaaaa-bbbbbbbb-7-1-1-0a1b2c3d', {});
  mkdirSync(join(out, 'game_bot.db-20250104T000000Z-000005'));
  fakeBackup(out, 'unrelated', {});
  expect(listBackups(out).map(({ directory }) => basename(directory))).toEqual([
    'game_bot.db-20250101T000000Z-000001',
    'game_bot.db-20250102T000000Z-000002',
  ]);
  expect(listBackups(join(out, 'missing'))).toEqual([]);
});

it('finds the surplus of one source, never of another with the same name', async () => {
  const out = await tempDir();
  const [mine, other] = [sourceIdOf('/a/game_bot.db'), sourceIdOf('/b/game_bot.db')];
  for (const day of [1, 2, 3, 4]) {
    const createdAt = `2025-01-0${day}T00:00:00Z`;
    fakeBackup(out, `game_bot.db-2025010${day}T000000Z-00000a`, { createdAt, id: mine });
    fakeBackup(out, `game_bot.db-2025010${day}T000000Z-00000b`, { createdAt, id: other });
  }
  const newest = join(out, 'game_bot.db-20250101T000000Z-00000a');
  const names = surplusBackups(out, mine, 2, newest).map(({ directory }) => basename(directory));
  // The one just made stays although a clock that went back makes it look the oldest.
  expect(names).toEqual([
    'game_bot.db-20250102T000000Z-00000a',
    'game_bot.db-20250103T000000Z-00000a',
  ]);
});

interface Fake {
  createdAt?: string;
  id?: string;
  /** What the manifest claims; the file has 4. */
  bytes?: number;
}

function fakeBackup(out: string, name: string, fake: Fake): void {
  const { createdAt = '2025-01-01T00:00:00Z', id = '0'.repeat(16), bytes = 4 } = fake;
  const sha256 = '0'.repeat(64);
  const manifest: Manifest = {
    formatVersion: 1,
    createdAt,
    source: { basename: 'game_bot.db', id, journalMode: 'rollback' },
    database: {
      bytes: 4096,
      sha256,
      pageSize: 4096,
      pageCount: 1,
      sqliteVersion: '3.53.2',
      schemaSha256: sha256,
      tables: [],
      position: null,
    },
    archive: { file: 'game_bot.db.gz', compression: 'gzip', bytes, sha256 },
    writersHeldMs: 0,
    checks: {
      integrity: { result: 'ok', brokenRules: [] },
      foreignKeys: { result: 'checked', violations: 0, references: [] },
      restored: 'ok',
    },
  };
  mkdirSync(join(out, name));
  writeFileSync(join(out, name, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(out, name, 'game_bot.db.gz'), 'gzip');
}
