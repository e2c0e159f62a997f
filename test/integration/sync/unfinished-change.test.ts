import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { OpenedPair } from '../../../src/cli/engine/pair.js';
import { systemClock } from '../../../src/lib/clock.js';
import type { StoreKind } from '../../../src/sync/authority.js';
import { follow } from '../../../src/sync/follow.js';
import { readPair } from '../../../src/sync/pair.js';
import type { Side } from '../../../src/sync/side.js';
import { atEnd } from '../../support/cleanup.js';
import {
  applyAll,
  type LinkedPair,
  linkTemplate,
  switchTo,
} from '../../support/move/linked-pair.js';

const template = await linkTemplate(`
  CREATE TABLE players (id INTEGER PRIMARY KEY, name TEXT NOT NULL, score INTEGER NOT NULL);
  INSERT INTO players VALUES (1, 'ada', 0);`);

/** Follows until the test ends. */
function keepFollowing({ pair }: OpenedPair, fenceMsMax: number): void {
  const ended = new AbortController();
  const following = follow(pair, {
    clock: systemClock,
    signal: ended.signal,
    onApplied: () => undefined,
    onCaughtUp: () => undefined,
    onDirection: () => undefined,
    fenceMsMax,
  });
  following.catch(() => undefined);
  atEnd(async () => {
    ended.abort();
    await following;
  });
}

/** A linked game whose authority is this side. */
async function gameOf(store: StoreKind): Promise<LinkedPair & { opened: OpenedPair }> {
  const linked = await template.copy();
  const opened = await linked.open();
  if (store === 'postgres') await switchTo(opened, 'postgres');
  return { ...linked, opened };
}

/** Adds to the score where writes are taken, as a bot does; says where that was. */
async function write({ sqlite, postgres }: LinkedPair): Promise<StoreKind | 'nowhere'> {
  const sql = 'UPDATE players SET score = score + 1 WHERE id = 1';
  try {
    sqlite.exec(sql);
    return 'sqlite';
  } catch {
    return postgres.query(sql).then(
      () => 'postgres',
      () => 'nowhere',
    );
  }
}

async function untilWritten(linked: LinkedPair): Promise<StoreKind> {
  for (;;) {
    const where = await write(linked);
    if (where !== 'nowhere') return where;
    await sleep(20);
  }
}

async function untilEqual({ differences }: LinkedPair): Promise<void> {
  while ((await differences()).length > 0) await sleep(20);
}

const HOUR_MS = 3_600_000;

describe.each(['sqlite', 'postgres'] as const)('while %s is the authority', (store) => {
  const other = store === 'sqlite' ? 'postgres' : 'sqlite';
  const promote = store === 'sqlite' ? 'promote' : 'demote';

  it(`a follow at work lowers the fence of a ${promote} that is gone`, async () => {
    const game = await gameOf(store);
    const { epoch } = (await readPair(game.opened.pair)).authority;
    keepFollowing(game.opened, 100);
    await (await game.open()).pair[store].raiseFence(epoch, 1_000);
    expect(await write(game)).toBe('nowhere');
    expect(await untilWritten(game)).toBe(store);
    await untilEqual(game);
    expect(await readPair(game.opened.pair)).toMatchObject({
      authority: { store, epoch: epoch + 1, moving: false },
      unfinished: null,
    });
  });

  it(`a follow at work goes on the other way when a ${promote} ends as it took the authority`, async () => {
    const game = await gameOf(store);
    const { epoch } = (await readPair(game.opened.pair)).authority;
    keepFollowing(game.opened, HOUR_MS);
    const { pair } = await game.open();
    await pair[store].raiseFence(epoch, 1_000);
    await pair[other].takeAuthority(epoch + 1, await pair[store].nextIds());
    expect(await write(game)).toBe(other);
    await untilEqual(game);
    expect(await readPair(game.opened.pair)).toMatchObject({
      authority: { store: other, epoch: epoch + 1 },
      unfinished: null,
    });
  });

  it(`a follow at work lets writers in where a ${promote} ends as it gave up`, async () => {
    const game = await gameOf(store);
    const { epoch } = (await readPair(game.opened.pair)).authority;
    keepFollowing(game.opened, HOUR_MS);
    const { pair } = await game.open();
    await pair[store].raiseFence(epoch, 1_000);
    await pair[other].stayFollower(epoch + 1);
    expect(await untilWritten(game)).toBe(store);
    await untilEqual(game);
  });

  it(`a ${promote} whose answer to the fence was lost leaves writers in`, async () => {
    const game = await gameOf(store);
    const { pair } = game.opened;
    const unheard: Side = {
      ...pair[store],
      raiseFence: async (...args) => {
        await pair[store].raiseFence(...args);
        throw new Error('the connection was cut');
      },
    };
    await expect(switchTo({ pair: { ...pair, [store]: unheard } }, other)).rejects.toThrow(
      'the connection was cut',
    );
    expect(await write(game)).toBe(store);
    await applyAll(game.opened);
    expect(await game.differences()).toEqual([]);
  });

  it(`a ${promote} that nobody lets catch up leaves writers in`, async () => {
    const game = await gameOf(store);
    await write(game);
    await expect(
      switchTo(game.opened, other, { applies: false, catchUpMsMax: 200 }),
    ).rejects.toMatchObject({ code: 'refused' });
    expect(await write(game)).toBe(store);
    await applyAll(game.opened);
    expect(await game.differences()).toEqual([]);
  });

  it(`a ${promote} that wakes up behind another change of authority takes nothing`, async () => {
    const game = await gameOf(store);
    const { pair } = game.opened;
    const { epoch } = (await readPair(pair)).authority;
    const asleep: Side = {
      ...pair[other],
      takeAuthority: async (...args) => {
        // Meanwhile: given up, moved to the other side and back again.
        const awake = { pair };
        await pair[other].stayFollower(epoch + 1);
        await pair[store].lowerFence(epoch + 1);
        await switchTo(awake, other);
        await write(game);
        await switchTo(awake, store);
        await write(game);
        await pair[other].takeAuthority(...args);
      },
    };
    await expect(switchTo({ pair: { ...pair, [other]: asleep } }, other)).rejects.toMatchObject({
      code: 'refused',
    });
    expect(await write(game)).toBe(store);
    await applyAll(game.opened);
    expect(await game.differences()).toEqual([]);
    expect((await readPair(pair)).authority).toEqual({ store, epoch: epoch + 3, moving: false });
  });
});
