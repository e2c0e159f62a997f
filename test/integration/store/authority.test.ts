import { beforeEach, describe, expect, it } from 'vitest';
import { readAuthority, setAuthority } from '../../../src/store/authority.js';
import type { Database } from '../../../src/store/executor.js';
import { prepareStore } from '../../../src/store/ledger-schema.js';
import type { Store } from '../../../src/store/store.js';
import { type GameInDatabase, gameInPostgres, gameInSqlite } from '../../support/game-stores.js';

describe('who may write', () => {
  let games: { sqlite: GameInDatabase; postgres: GameInDatabase };
  let sides: { sqlite: Database; postgres: Database };
  let stores: { sqlite: Store; postgres: Store };

  beforeEach(async () => {
    games = { sqlite: await gameInSqlite('delete'), postgres: await gameInPostgres({}) };
    await games.postgres.query(`UPDATE cardctl.authority SET store = 'sqlite', epoch = 0`);
    sides = { sqlite: games.sqlite.openDatabase(), postgres: games.postgres.openDatabase() };
    stores = { sqlite: games.sqlite.open(), postgres: games.postgres.open() };
  });

  const outcomes = async (updateId: bigint) => [
    (await stores.sqlite.write(updateId, async () => [])).outcome,
    (await stores.postgres.write(updateId, async () => [])).outcome,
  ];
  const said = async () => [await stores.sqlite.authority(), await stores.postgres.authority()];

  it('is SQLite at first, then whom it is given to, under a new epoch each time', async () => {
    const first = { store: 'sqlite', epoch: 0, moving: false };
    expect(await said()).toEqual([first, first]);
    expect(await outcomes(1n)).toEqual(['applied', 'refused']);

    const second = { store: 'postgres', epoch: 1, moving: false };
    expect(await setAuthority(sides, 'postgres')).toEqual(second);
    expect(await setAuthority(sides, 'postgres')).toEqual(second);
    expect(await said()).toEqual([second, second]);
    expect(await outcomes(2n)).toEqual(['refused', 'applied']);

    const third = { store: 'sqlite', epoch: 2, moving: false };
    expect(await setAuthority(sides, 'sqlite')).toEqual(third);
    expect(await said()).toEqual([third, third]);
    expect(await outcomes(3n)).toEqual(['applied', 'refused']);
  });

  it('is nobody when that was cut short, until it is finished', async () => {
    await games.sqlite.query(`UPDATE cardctl_authority SET store = 'postgres', epoch = 1`);
    expect(await outcomes(1n)).toEqual(['refused', 'refused']);
    expect(await setAuthority(sides, 'postgres')).toEqual({
      store: 'postgres',
      epoch: 2,
      moving: false,
    });
    expect(await outcomes(1n)).toEqual(['refused', 'applied']);
  });

  it('changes only after the writers that had begun, and before those that come later', async () => {
    await setAuthority(sides, 'postgres');
    const events: string[] = [];
    let goOn = () => {};
    const hold = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let begun = () => {};
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const early = stores.postgres.write(1n, async (writes) => {
      await writes.player(1n);
      begun();
      await hold;
      return [];
    });
    await hasBegun;
    const moved = setAuthority(sides, 'sqlite').then(() => events.push('moved'));
    await waitingForLock(games.postgres);
    const late = stores.postgres.write(2n, async () => []);
    events.push('released');
    goOn();
    expect((await early).outcome).toBe('applied');
    await moved;
    expect((await late).outcome).toBe('refused');
    expect(events).toEqual(['released', 'moved']);
  });

  it('is SQLite where nothing says so: a target without our tables is a follower', async () => {
    await games.postgres.query('DROP SCHEMA cardctl CASCADE');
    const authority = { store: 'sqlite', epoch: 0, moving: false };
    const fresh = games.postgres.open();
    expect(await fresh.authority()).toEqual(authority);
    expect(await fresh.write(1n, async () => [])).toEqual({ outcome: 'refused', authority });
    expect(await fresh.unsent(0, 9)).toEqual([]);
    await games.sqlite.query('DROP TABLE cardctl_authority');
    const legacy = games.sqlite.open();
    expect(await legacy.authority()).toEqual(authority);
    expect((await legacy.write(1n, async () => [])).outcome).toBe('applied');
    // It is seen as soon as somebody says otherwise.
    await prepareStore(sides.sqlite);
    await games.sqlite.query(`UPDATE cardctl_authority SET store = 'postgres'`);
    expect((await legacy.write(2n, async () => [])).outcome).toBe('refused');
  });

  it('a store without a ledger applies nothing, and says what to do', async () => {
    await games.sqlite.query('DROP TABLE cardbot_update');
    await expect(games.sqlite.open().write(1n, async () => [])).rejects.toMatchObject({
      code: 'source',
      message: 'the SQLite file has no ledger of updates yet',
      hint: 'Set it up first: cardctl authority',
    });
    await prepareStore(sides.sqlite);
    expect((await stores.sqlite.write(1n, async () => [])).outcome).toBe('applied');
  });

  it('is kept when the tables are prepared again', async () => {
    const authority = await setAuthority(sides, 'postgres');
    expect(await outcomes(1n)).toEqual(['refused', 'applied']);
    for (const side of [sides.sqlite, sides.postgres]) {
      await prepareStore(side);
      const from = { copy: 'authority', behind: null, statements: 'several' } as const;
      expect(await side.read(from, readAuthority)).toEqual(authority);
    }
    expect(await outcomes(1n)).toEqual(['refused', 'repeated']);
  });
});

async function waitingForLock(game: GameInDatabase): Promise<void> {
  await expect
    .poll(() =>
      game.query(`SELECT 1 AS waits FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`),
    )
    .toHaveLength(1);
}
