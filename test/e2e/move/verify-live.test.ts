import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { makeMoveStage } from '../../support/move/stage.js';

describe.each(['wal', 'delete'] as const)('a source in %s mode', (journalMode) => {
  test('verify finds two sides equal while writers write, whichever is the authority', async () => {
    const stage = await makeMoveStage({ journalMode });
    const player = await stage.startPlayer('ada', 100);
    const following = stage.startCardctl(['migrate', '--follow']);
    await following.waitFor(/caught up/);
    expect(await stage.cardctl(['verify'])).toMatchObject({ equal: true, isLive: true });
    await stage.cardctl(['promote', '--no-backup']);
    await sleep(300);
    expect(await stage.cardctl(['verify'])).toMatchObject({ equal: true, isLive: true });
    await player.kill('SIGTERM');
    expect((await following.kill('SIGINT')).exitCode).toBe(0);
  });

  test('what was damaged on the follower is found, stops promote, and is repaired', async () => {
    const stage = await makeMoveStage({ journalMode, accounts: 30 });
    const player = await stage.startPlayer('ada', 100);
    const following = stage.startCardctl(['migrate', '--follow']);
    await following.waitFor(/caught up/);
    await damage(stage.url, `UPDATE account SET name = 'nobody' WHERE id = 30`);
    await damage(stage.url, 'DELETE FROM account WHERE id = 29');

    const found = await stage.fails(['verify', '--repair']);
    expect(found.exitCode).toBe(3);
    expect(found.result).toMatchObject({ equal: false, isLive: true, repaired: 2 });
    const differences = found.result.differences as { table: string; key: string }[];
    expect(differences.map(({ table, key }) => `${table} ${key}`).sort()).toEqual([
      'account id=29',
      'account id=30',
    ]);
    const refused = await stage.fails(['promote', '--no-backup']);
    expect(refused.exitCode).toBe(3);
    await sleep(500);
    expect(await stage.cardctl(['verify'])).toMatchObject({ equal: true });
    await player.kill('SIGTERM');
    expect(await stage.cardctl(['promote', '--no-backup'])).toMatchObject({ changed: true });
    await following.kill('SIGINT');
    const { sqlite, postgres } = await stage.books();
    expect(postgres.rows).toEqual(sqlite.rows);
  });
});

/** As only somebody can do it who takes the fence away first. */
async function damage(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `BEGIN; ALTER TABLE account DISABLE TRIGGER USER; ${sql};
     ALTER TABLE account ENABLE ALWAYS TRIGGER cardctl_fence;
     ALTER TABLE account ENABLE ALWAYS TRIGGER cardctl_fence_truncate;
     ALTER TABLE account ENABLE ALWAYS TRIGGER cardctl_capture; COMMIT`,
  );
  await client.end();
}
