import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { makeMoveStage } from '../../support/move/stage.js';

describe.each(['wal', 'delete'] as const)('a source in %s mode', (journalMode) => {
  test('promote and demote under writers lose nothing and double nothing', async () => {
    const stage = await makeMoveStage({ journalMode });
    const players = [await stage.startPlayer('ada'), await stage.startPlayer('bob')];
    const loaded = stage.startCardctl(['migrate', '--follow']);
    await loaded.waitFor(/caught up/);
    await sleep(500);
    const promoted = await stage.cardctl(['promote', '--no-backup']);
    expect(promoted).toMatchObject({ changed: true, epoch: 1, isFollowed: true });
    await sleep(700);
    const demoted = await stage.cardctl(['demote']);
    expect(demoted).toMatchObject({ changed: true, epoch: 2, isFollowed: true });
    await sleep(500);
    for (const player of players) await player.kill('SIGTERM');
    await sleep(500);
    const followed = await loaded.kill('SIGINT');
    expect(followed.exitCode).toBe(0);

    const { sqlite, postgres } = await stage.books();
    const found = stage.audit(sqlite);
    expect(found).toMatchObject({ lost: [], doubled: [], unknown: [], unbalanced: [] });
    expect(found.acknowledged).toBeGreaterThan(50);
    expect(postgres.rows).toEqual(sqlite.rows);
  });
});
