import { expect, it } from 'vitest';
import { removeFollow } from '../../../src/cli/engine/remove-follow.js';
import { openTarget } from '../../../src/drivers/postgres.js';
import { openWritable } from '../../../src/drivers/sqlite-writable.js';
import { systemClock } from '../../../src/lib/clock.js';
import { readFacts } from '../../../src/sync/postgres/facts.js';
import { removeCapture } from '../../../src/sync/sqlite/install.js';
import { moveRules } from '../../support/migrate.js';
import { linkTemplate, switchTo } from '../../support/move/linked-pair.js';
import { tempDir } from '../../support/temp-dir.js';

const template = await linkTemplate(`
  CREATE TABLE players (id INTEGER PRIMARY KEY, score INTEGER NOT NULL);
  INSERT INTO players VALUES (1, 0);`);

it('a removal that was killed between the two sides, after some epochs, is finished by the next', async () => {
  const linked = await template.copy();
  const opened = await linked.open();
  await switchTo(opened, 'postgres');
  await switchTo(opened, 'sqlite');
  await opened.close();
  const file = openWritable(linked.path);
  await removeCapture(file);
  file.close();

  const request = {
    sourcePath: linked.path,
    targetUrl: linked.url,
    workDir: await tempDir(),
    rules: moveRules(),
  };
  const deps = {
    clock: systemClock,
    signal: new AbortController().signal,
    report: () => undefined,
  };
  expect(await removeFollow(request, deps)).toEqual({ foreignKeys: [] });
  const target = openTarget(linked.url);
  const client = await target.connect();
  expect(await readFacts(client, null)).toMatchObject({
    isInstalled: false,
    authority: { store: 'sqlite', epoch: 2, moving: false },
  });
  await target.close();
  expect(linked.sqlite.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual([
    'players',
  ]);
});
