import { describe, expect, it } from 'vitest';
import { readSchema } from '../../../src/schema/read.js';
import { capturedTables } from '../../../src/sync/captured-table.js';
import { ORIGIN } from '../../../src/sync/position.js';
import { installCapture, removeCapture } from '../../../src/sync/sqlite/install.js';
import { startProcess } from '../../support/process.js';
import {
  capturedFile,
  changesOf,
  databaseFile,
  followed,
  open,
  openFile,
  openSide,
  schemaOf,
} from './sqlite-support.js';

const GAME = `
  CREATE TABLE players (user_id INTEGER PRIMARY KEY, name TEXT UNIQUE);
  CREATE TABLE keyless (a TEXT);
  INSERT INTO players VALUES (1, 'Ali'); INSERT INTO keyless VALUES ('x');`;

const MOVING =
  'cardctl: this database takes no writes for a moment, while the game moves: try again. What goes on: cardctl status';
const MOVED =
  'cardctl: this database is a copy since the game moved to PostgreSQL: write there. Where that is: cardctl status';

const WRITES = [
  `INSERT INTO players VALUES (2, 'Sara')`,
  `INSERT OR IGNORE INTO players VALUES (2, 'Sara')`,
  `INSERT OR REPLACE INTO players VALUES (1, 'Sara')`,
  `INSERT INTO players VALUES (1, 'Sara') ON CONFLICT DO UPDATE SET name = 'Sara'`,
  `UPDATE players SET name = 'Sara'`,
  `UPDATE OR IGNORE players SET name = 'Sara'`,
  'DELETE FROM players',
  `INSERT INTO keyless VALUES ('y')`,
  'DELETE FROM keyless',
];

describe('the fence', () => {
  it('keeps out every writer, of tables that are not followed too, and says why', async () => {
    const { bot, side } = await capturedFile(GAME);
    const before = contents(bot);
    expect(await side.raiseFence(0, 100)).toEqual(ORIGIN);
    for (const sql of WRITES) expect(() => bot.exec(sql), sql).toThrow(MOVING);
    expect(() => open(bot.name).exec(WRITES[0] ?? '')).toThrow(MOVING);
    await side.yieldAuthority(1);
    for (const sql of WRITES) expect(() => bot.exec(sql), sql).toThrow(MOVED);
    expect(contents(bot)).toEqual(before);
  });

  it('lets them in again under the next epoch when it is lowered, and what they write is logged', async () => {
    const { bot, side } = await capturedFile(GAME);
    await side.raiseFence(0, 100);
    await side.lowerFence(1);
    await side.lowerFence(1);
    bot.exec(`UPDATE players SET name = 'Sara'`);
    expect(await changesOf(side, ORIGIN, 1)).toEqual({
      players: { keys: ['1'], rows: ['1\tSara'] },
    });
  });

  it('gives the last position, again and again', async () => {
    const { bot, side } = await capturedFile(GAME);
    bot.exec(`UPDATE players SET name = 'a'; UPDATE players SET name = 'b'`);
    const last = { sequence: 2, snapshot: null };
    expect(await side.raiseFence(0, 100)).toEqual(last);
    expect(await side.raiseFence(0, 100)).toEqual(last);
    expect((await side.readChanges(ORIGIN, 0))?.to).toEqual(last);
    expect((await side.facts()).authority).toEqual({ store: 'sqlite', epoch: 0, moving: true });
  });

  it('waits for a writer that had begun, and has what it wrote', async () => {
    const { bot, side } = await capturedFile(GAME);
    bot.exec(`BEGIN; UPDATE players SET name = 'late'`);
    const raised = side.raiseFence(0, 5_000);
    setTimeout(() => bot.exec('COMMIT'), 100);
    expect(await raised).toEqual({ sequence: 1, snapshot: null });
    expect(await changesOf(side)).toEqual({ players: { keys: ['1'], rows: ['1\tlate'] } });
  });

  it('is not raised when writers do not end in time', async () => {
    const { bot, path, side } = await capturedFile(GAME);
    bot.exec(`BEGIN; UPDATE players SET name = 'late'`);
    await expect(side.raiseFence(0, 100)).rejects.toMatchObject({
      code: 'refused',
      message: `the writers of ${path} did not end within 0.1 s: nothing was fenced`,
    });
    bot.exec(`UPDATE players SET name = 'later'; COMMIT`);
    expect((await side.facts()).authority.moving).toBe(false);
    expect(await changesOf(side)).toEqual({ players: { keys: ['1'], rows: ['1\tlater'] } });
  });

  it('and the capture hold for a Python bot that was connected before', async () => {
    const path = await databaseFile(GAME);
    const python = startProcess('python3', ['-c', PYTHON_BOT, path], { timeoutMs: 30_000 });
    await python.waitFor(/ready/);
    const file = openFile(path);
    const { captured } = capturedTables(readSchema(file.writer).tables);
    await installCapture(file, captured);
    await python.waitFor(/captured: done/);
    const side = openSide(
      file,
      captured.map((table) => followed(table)),
    );
    expect(await changesOf(side)).toEqual({ players: { keys: ['1'], rows: ['1\tcaptured'] } });
    await side.raiseFence(0, 5_000);
    await python.waitFor(/fenced: /);
    await side.yieldAuthority(1);
    const { stdout } = await python.finished;
    expect(stdout.trimEnd().split('\n')).toEqual([
      'ready',
      'captured: done',
      `fenced: IntegrityError ${MOVING}`,
      `moved: IntegrityError ${MOVED}`,
    ]);
  });
});

/** Writes once in each state of the move that it sees; its connection is older than the capture. */
const PYTHON_BOT = `
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1])
db.execute('SELECT count(*) FROM players').fetchone()
print('ready', flush=True)
def write(state, when):
    while True:
        try:
            if db.execute(when).fetchone()[0]: break
        except sqlite3.OperationalError: pass
        time.sleep(0.01)
    try:
        db.execute('UPDATE players SET name = ?', (state,))
        db.commit()
        print(state + ': done', flush=True)
    except sqlite3.Error as error:
        db.rollback()
        print(state + ':', type(error).__name__, error, flush=True)
write('captured', 'SELECT moving = 0 FROM cardctl_authority')
write('fenced', 'SELECT moving = 1 FROM cardctl_authority')
write('moved', "SELECT store = 'postgres' FROM cardctl_authority")
`;

describe('an earlier epoch', () => {
  it('reads, fences and applies nothing', async () => {
    const { side } = await capturedFile(GAME);
    const refusal = { code: 'refused' };
    await side.raiseFence(0, 100);
    await side.yieldAuthority(1);
    await expect(side.readChanges(ORIGIN, 0)).rejects.toMatchObject(refusal);
    await expect(side.raiseFence(0, 100)).rejects.toMatchObject(refusal);
    await expect(side.lowerFence(0)).rejects.toMatchObject(refusal);
    await expect(side.forget(ORIGIN, 0)).rejects.toMatchObject(refusal);
    await expect(side.touch([])).rejects.toMatchObject(refusal);
    await side.takeAuthority(2, new Map());
    for (const epoch of [0, 1]) {
      await expect(side.readChanges(ORIGIN, epoch)).rejects.toMatchObject(refusal);
      await expect(side.yieldAuthority(epoch)).rejects.toMatchObject(refusal);
      await expect(side.takeAuthority(epoch, new Map())).rejects.toMatchObject(refusal);
    }
    const changes = { epoch: 1, from: ORIGIN, to: ORIGIN, entries: 0, hasMore: false, tables: [] };
    await expect(side.apply(changes)).rejects.toMatchObject(refusal);
    expect((await side.facts()).authority).toEqual({ store: 'sqlite', epoch: 2, moving: false });
  });

  it('yields nothing that is not fenced, and is not removed while it is', async () => {
    const { bot, file, side } = await capturedFile(GAME);
    await expect(side.yieldAuthority(1)).rejects.toMatchObject({ code: 'refused' });
    bot.exec(`UPDATE players SET name = 'still'`);
    await side.raiseFence(0, 100);
    const fenced = schemaOf(bot);
    await expect(removeCapture(file)).rejects.toMatchObject({ code: 'refused' });
    await side.yieldAuthority(1);
    await side.yieldAuthority(1);
    await expect(removeCapture(file)).rejects.toMatchObject({ code: 'refused' });
    expect(schemaOf(bot)).toEqual(fenced);
  });
});

function contents(db: ReturnType<typeof open>): unknown[] {
  return ['players', 'keyless'].map((table) => db.prepare(`SELECT * FROM ${table}`).all());
}
