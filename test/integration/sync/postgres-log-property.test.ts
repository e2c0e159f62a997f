import fc from 'fast-check';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { expect, test } from 'vitest';
import { ORIGIN } from '../../../src/sync/position.js';
import type { ChangeSet } from '../../../src/sync/side.js';
import { NULL_TEXT } from '../../../src/sync/tables/copy-fields.js';
import { openAuthority } from './postgres-follower.js';

const RUNS = Number(process.env.CARDCTL_PROPERTY_RUNS ?? 25);

const DDL = {
  sqlite: `CREATE TABLE purses (id INTEGER PRIMARY KEY, coins INTEGER);
    CREATE TABLE notes (name TEXT, part INTEGER, body TEXT, PRIMARY KEY (name, part))`,
  postgres: `CREATE TABLE purses (id bigint PRIMARY KEY, coins bigint NOT NULL);
    CREATE TABLE notes (name text COLLATE "C", part bigint, body text, PRIMARY KEY (name, part));
    INSERT INTO purses SELECT n, 100 FROM generate_series(1, 6) AS n`,
};
const COINS = 600;

const purse = fc.integer({ min: 1, max: 8 });
const name = fc.constantFrom('a', 'A', '', `"{,}\\'\t`, 'é');
const part = fc.integer({ min: 0, max: 2 });
const body = fc.option(fc.constantFrom('x', 'y', 'NULL', '\\N', '\n'), { nil: null });
const end = fc.constantFrom('COMMIT', 'COMMIT', 'ROLLBACK');

type Statement = readonly [sql: string, values: unknown[]];

const noteStatement: fc.Arbitrary<Statement> = fc.oneof(
  fc
    .tuple(name, part, body)
    .map(
      (note): Statement => [
        `INSERT INTO notes VALUES ($1, $2, $3) ON CONFLICT (name, part) DO UPDATE SET body = excluded.body`,
        note,
      ],
    ),
  fc.tuple(name).map((note): Statement => ['DELETE FROM notes WHERE name = $1', note]),
  fc
    .tuple(name, name)
    .map((names): Statement => ['UPDATE notes SET name = $2 WHERE name = $1', names]),
);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('read' as const) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      does: fc.constant('write' as const),
      client: fc.integer({ min: 0, max: 2 }),
      isolation: fc.constantFrom('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'),
      statements: fc.array(noteStatement, { maxLength: 3 }),
      /** From, to, coins; and a purse that changes its id. */
      transfer: fc.option(fc.tuple(purse, purse, fc.integer({ min: 1, max: 50 }))),
      renamed: fc.option(fc.tuple(purse, purse)),
      ends: fc.option(end),
    }),
  },
);
type Write = Extract<typeof step extends fc.Arbitrary<infer S> ? S : never, { does: 'write' }>;

test('whatever transactions do to each other, sets lead from one state to the next, and to the last', {
  timeout: 30_000 + RUNS * 3_000,
}, async () => {
  const { side, sql, connect } = await openAuthority(DDL);
  const clients = [await connect(), await connect(), await connect()];
  for (const client of clients) await client.query(`SET lock_timeout = '20ms'`);
  const copy = { purses: new Map<string, string>(), notes: new Map<string, string>() };
  for (const line of await linesOf(sql, 'purses')) copy.purses.set(keyOf(line, 1), line);
  let behind = ORIGIN;
  let sets = 0;

  const read = async () => {
    const set = await side.readChanges(behind, 1);
    if (set === null) return;
    sets++;
    applyTo(copy, set);
    behind = set.to;
    const coins = [...copy.purses.values()].reduce(
      (sum, line) => sum + Number(line.split('\t')[1]),
      0,
    );
    expect(coins).toBe(COINS);
  };
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 10, maxLength: 60 }),
    async (steps) => {
      const inside = new Set<pg.Client>();
      for (const each of steps) {
        if (each.does === 'read') await read();
        else await write(clients[each.client] as pg.Client, inside, each);
      }
      // One that is refused is rolled back.
      for (const client of inside) await client.query('COMMIT').catch(() => undefined);
      await read();
      expect([...copy.purses.values()].sort()).toEqual(await linesOf(sql, 'purses'));
      expect([...copy.notes.values()].sort()).toEqual(await linesOf(sql, 'notes'));
      expect(await side.readChanges(behind, 1)).toBeNull();
    },
  );
  const seed = Number(process.env.CARDCTL_SEED ?? Date.now() & 0x7fffffff);
  console.log(`postgres-log: CARDCTL_SEED=${seed} CARDCTL_PROPERTY_RUNS=${RUNS}`);
  await fc.assert(property, { seed, numRuns: RUNS, interruptAfterTimeLimit: RUNS * 3_000 });
  // Else it would prove little.
  expect(sets).toBeGreaterThan(RUNS);
});

/** A transaction, or a part of one: it goes on in the client's next step. A failure ends it. */
async function write(client: pg.Client, inside: Set<pg.Client>, step: Write): Promise<void> {
  try {
    if (!inside.has(client)) await client.query(`BEGIN ISOLATION LEVEL ${step.isolation}`);
    inside.add(client);
    for (const [text, values] of step.statements) await client.query(text, values);
    if (step.transfer !== null) await transfer(client, step.transfer);
    if (step.renamed !== null) {
      await client.query('UPDATE purses SET id = $2 WHERE id = $1', step.renamed);
    }
    if (step.ends !== null) {
      await client.query(step.ends);
      inside.delete(client);
    }
  } catch {
    await client.query('ROLLBACK');
    inside.delete(client);
  }
}

/** Both or neither: what half of it logged is rolled back with it. */
async function transfer(client: pg.Client, [from, to, coins]: [number, number, number]) {
  await client.query('SAVEPOINT transfer');
  const add = 'UPDATE purses SET coins = coins + $2 WHERE id = $1';
  const taken = await client.query(add, [from, -coins]);
  const given = await client.query(add, [to, coins]);
  const isDone = taken.rowCount === 1 && given.rowCount === 1;
  await client.query(isDone ? 'RELEASE transfer' : 'ROLLBACK TO transfer');
}

type Copy = Record<'purses' | 'notes', Map<string, string>>;

function applyTo(copy: Copy, set: ChangeSet): void {
  for (const { table, keys, rows } of set.tables) {
    const lines = copy[table.table.source.name as keyof Copy];
    for (const key of keys) lines.delete(JSON.stringify(key));
    for (const line of rows.toString('utf8').split('\n').slice(0, -1)) {
      const shown = line.replaceAll(NULL_TEXT, '\\N');
      lines.set(keyOf(shown, table.key.length), shown);
    }
  }
}

const UNESCAPED: Record<string, string> = { t: '\t', n: '\n', '\\': '\\' };

function keyOf(line: string, fields: number): string {
  const key = line.split('\t').slice(0, fields);
  return JSON.stringify(
    key.map((field) => field.replace(/\\(.)/g, (_, c) => UNESCAPED[c] as string)),
  );
}

/** A table as COPY text, by the server's own hand. */
async function linesOf(sql: pg.Client, table: string): Promise<string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of sql.query(copyTo(`COPY ${table} TO STDOUT`)))
    chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8').split('\n').slice(0, -1).sort();
}
