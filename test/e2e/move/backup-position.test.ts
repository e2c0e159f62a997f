import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { makeMoveStage } from '../../support/move/stage.js';

test('a backup taken while the source is followed carries its position in the change log', async () => {
  const stage = await makeMoveStage();
  const following = stage.startCardctl(['migrate', '--follow']);
  await following.waitFor(/caught up/);
  const db = new Database(stage.source);
  db.exec(`UPDATE account SET balance = 7 WHERE id <= 3`);
  db.close();
  const { directory } = await stage.cardctl(['backup']);
  const manifest = JSON.parse(readFileSync(join(String(directory), 'manifest.json'), 'utf8'));
  expect(manifest.database.position).toBe('3');
  await following.kill('SIGINT');
});
