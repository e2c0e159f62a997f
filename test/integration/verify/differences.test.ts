import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { generateGame } from '../../../fixtures/game/generate.js';
import type { Difference } from '../../../src/steps/context.js';
import { runCardctl } from '../../support/cardctl.js';
import { tempDir } from '../../support/temp-dir.js';
import {
  compare,
  damagedSource,
  type Moved,
  moveDamageable,
  moved,
  ROWS,
  withDamagedTarget,
} from './damage.js';

let both: Moved;

beforeAll(async () => {
  both = await moveDamageable();
});

it('two sides that hold the same are equal', async () => {
  const result = await compare(both);
  expect(result).toMatchObject({ equal: true, differences: [], differencesTotal: 0 });
  expect(result.tables.find(({ table }) => table === 'facts')).toMatchObject({ rows: ROWS });
});

it('writers that would be held too long are not held, unless that is accepted', async () => {
  const holdMsMax = 1e-6;
  await expect(compare(both, { holdMsMax })).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringMatching(/^writers would be held for about .* nothing was changed$/),
    hint: expect.stringContaining('--accept-hold'),
  });
  expect(await compare(both, { holdMsMax, acceptHold: true })).toMatchObject({ equal: true });
});

const PLACES = [1, 999, 1_000, 1_001, 1_250, 2_000, 2_001, ROWS];

describe('one changed value in the target is found and named', () => {
  const changes: [
    column: string,
    sql: string,
    source: (id: number) => string,
    target: (id: number) => string,
  ][] = [
    ['t', `'texu ' || id`, (id) => `'text ${id}'`, (id) => `'texu ${id}'`],
    [
      'b',
      'set_bit(b, 0, 1 - get_bit(b, 0))',
      (id) => hex(`bytes ${id}`),
      (id) => hex(`cytes ${id}`),
    ],
    ['n', 'n # 1', (id) => `${id * 1_000_003}`, (id) => `${(id * 1_000_003) ^ 1}`],
    [
      'd',
      'd + 4.547473508864641e-13',
      (id) => `${id + 0.25}`,
      (id) => `${id + 0.25 + 4.547473508864641e-13}`,
    ],
    ['f', 'NOT f', (id) => `${id % 2 === 1}`, (id) => `${id % 2 === 0}`],
    [
      'at',
      `at + interval '1 microsecond'`,
      (id) => `'${stamp(id)}'`,
      (id) => `'${stamp(id)}.000001'`,
    ],
    [
      'day',
      `day + 1`,
      (id) => `'${stamp(id).slice(0, 10)}'`,
      (id) => `'${stamp(id + 86_400).slice(0, 10)}'`,
    ],
    ['bare', 'NULL', (id) => `'bare ${id}'`, () => 'NULL'],
  ];
  const cases = changes.flatMap((change, i) =>
    // Every place for the first two columns, one of them for each of the others.
    (i < 2 ? PLACES : [PLACES[i] as number]).map((id) => [...change, id] as const),
  );
  it.each(cases)('%s = %s', async (column, sql, source, target, id) => {
    await inTarget(
      `UPDATE facts SET ${column} = ${sql} WHERE id = ${id}`,
      `UPDATE facts SET ${column} = ${undoOf(column, id)} WHERE id = ${id}`,
      [
        {
          table: 'facts',
          key: `id=${id}`,
          kind: 'different value',
          column,
          source: source(id),
          target: target(id),
        },
      ],
    );
  });
});

describe('one changed value in the source is found and named', () => {
  it.each([
    ['t', `'texu 1000'`, `'texu 1000'`, `'text 1000'`],
    ['b', `x'00'`, `X'00'`, hex('bytes 1000')],
    ['n', `n + 1`, '1000003001', '1000003000'],
    ['n', `'x'`, `'x'`, '1000003000'],
    ['n', '0.5', '0.5', '1000003000'],
    ['n', `x'41'`, `X'41'`, '1000003000'],
    ['d', '1000.2500000000001', '1000.2500000000001', '1000.25'],
    ['f', '2', '2', 'false'],
    ['f', `'no'`, `'no'`, 'false'],
    ['at', `'2025-10-09T09:10:00'`, `'2025-10-09T09:10:00'`, `'${stamp(1_000)}'`],
    ['day', `'2025-02-30'`, `'2025-02-30'`, `'${stamp(1_000).slice(0, 10)}'`],
    ['bare', 'NULL', 'NULL', `'bare 1000'`],
    ['bare', '1', '1', `'bare 1000'`],
    ['t', `CAST(x'61ff' AS TEXT)`, `CAST(X'61ff' AS TEXT)`, `'text 1000'`],
    ['t', `CAST(x'610062' AS TEXT)`, `CAST(X'610062' AS TEXT)`, `'text 1000'`],
    [
      't',
      `CAST('text 1000' AS BLOB)`,
      `X'${Buffer.from('text 1000').toString('hex')}'`,
      `'text 1000'`,
    ],
  ])('%s = %s', async (column, sql, source, target) => {
    await inSource(`UPDATE facts SET ${column} = ${sql} WHERE id = 1000`, [
      { table: 'facts', key: 'id=1000', kind: 'different value', column, source, target },
    ]);
  });
});

describe('values that look alike are told apart', () => {
  it.each<[string, string, string, string, string, Partial<Difference>]>([
    [
      'NFC and NFD',
      'texts',
      'v',
      `'cafe' || chr(769)`,
      `'caf' || chr(233)`,
      { key: 'id=1', source: `'caf\u00e9'`, target: `'cafe\u0301'` },
    ],
    [
      'the empty text and NULL',
      'texts',
      'v',
      'NULL',
      `''`,
      { key: 'id=2', source: `''`, target: 'NULL' },
    ],
    [
      'the text \\N and NULL',
      'texts',
      'v',
      'NULL',
      `'\\N'`,
      { key: 'id=3', source: `'\\N'`, target: 'NULL' },
    ],
    [
      'a tab and its escape',
      'texts',
      'v',
      `'a\\tb'`,
      `'a' || chr(9) || 'b'`,
      { key: 'id=4', source: `'a\tb'`, target: `'a\\tb'` },
    ],
    [
      'the text NULL and NULL',
      'texts',
      'v',
      'NULL',
      `'NULL'`,
      { key: 'id=5', source: `'NULL'`, target: 'NULL' },
    ],
    [
      '0.1 + 0.2 and 0.3',
      'sums',
      'd',
      '0.3',
      '0.1::float8 + 0.2::float8',
      { key: 'id=1', source: '0.30000000000000004', target: '0.3' },
    ],
    ['0 and -0', 'sums', 'd', `'-0'`, '0', { key: 'id=3', source: '0', target: '-0' }],
    [
      'Infinity and NaN',
      'sums',
      'd',
      `'NaN'`,
      `'Infinity'`,
      { key: 'id=4', source: 'Infinity', target: 'NaN' },
    ],
  ])('%s', async (_what, table, column, damage, undo, difference) => {
    const at = String(difference.key).replace('id=', 'id = ');
    await inTarget(
      `UPDATE ${table} SET ${column} = ${damage} WHERE ${at}`,
      `UPDATE ${table} SET ${column} = ${undo} WHERE ${at}`,
      [{ table, kind: 'different value', column, ...difference } as Difference],
    );
  });

  it('1 and the text 1 in a column without a type', async () => {
    await inTarget(
      `UPDATE facts SET bare = '1' WHERE id = 7`,
      `UPDATE facts SET bare = 'bare 7' WHERE id = 7`,
      [
        {
          table: 'facts',
          key: 'id=7',
          kind: 'different value',
          column: 'bare',
          source: '1',
          target: `'1'`,
        },
      ],
      await damagedSource(both, 'UPDATE facts SET bare = 1 WHERE id = 7'),
    );
  });

  it('a text with newlines and tabs and the rows that it looks like', async () => {
    await inTarget(
      `UPDATE texts SET v = 'end' WHERE id = 2`,
      `UPDATE texts SET v = '' WHERE id = 2`,
      [
        {
          table: 'texts',
          key: 'id=2',
          kind: 'different value',
          column: 'v',
          source: `''`,
          target: `'end'`,
        },
      ],
    );
    const source = await damagedSource(
      both,
      `DELETE FROM sums; DELETE FROM made WHERE id > 1; UPDATE made SET a = 1, name = 'x' || char(10) || '2' || char(9) || '2' || char(9) || '4' || char(9) || 'y'`,
    );
    await both.client.query(
      `BEGIN; CREATE TABLE kept AS SELECT id, a, name FROM made; DELETE FROM made; INSERT INTO made (id, a, name) VALUES (1, 1, 'x'), (2, 2, 'y'); COMMIT`,
    );
    try {
      const { differences } = await compare({ ...both, sourcePath: source }, { tables: ['made'] });
      expect(differences.map(({ kind, key }) => [kind, key])).toEqual([
        ['different value', 'id=1'],
        ['extra in target', 'id=2'],
      ]);
    } finally {
      await both.client.query(
        'DELETE FROM made; INSERT INTO made (id, a, name) SELECT * FROM kept; DROP TABLE kept',
      );
    }
  });
});

describe('rows that only one side has are named', () => {
  it.each(PLACES)('row %i is missing in the target', async (id) => {
    await inTarget(
      `CREATE TABLE kept AS SELECT * FROM facts WHERE id = ${id}; DELETE FROM facts WHERE id = ${id}`,
      'INSERT INTO facts SELECT * FROM kept; DROP TABLE kept',
      [{ table: 'facts', key: `id=${id}`, kind: 'missing in target' }],
    );
  });

  it.each([0, ROWS + 1])('row %i is extra in the target', async (id) => {
    await inTarget(`INSERT INTO facts (id) VALUES (${id})`, `DELETE FROM facts WHERE id = ${id}`, [
      { table: 'facts', key: `id=${id}`, kind: 'extra in target' },
    ]);
  });

  it('every row is missing in an emptied table', async () => {
    const result = await withDamagedTarget(
      both,
      'CREATE TABLE kept AS SELECT * FROM composed; TRUNCATE composed',
      'INSERT INTO composed SELECT * FROM kept; DROP TABLE kept',
      () => compare(both, { limit: 3 }),
    );
    expect(result).toMatchObject({ equal: false, differencesTotal: ROWS });
    expect(result.differences).toHaveLength(3);
  });

  it('a changed key is one row less and one row more', async () => {
    await inTarget(
      'UPDATE facts SET id = 9999 WHERE id = 1000',
      'UPDATE facts SET id = 1000 WHERE id = 9999',
      [
        { table: 'facts', key: 'id=1000', kind: 'missing in target' },
        { table: 'facts', key: 'id=9999', kind: 'extra in target' },
      ],
    );
  });

  it('a key of another class in the source costs no other row its partner', async () => {
    await inSource("UPDATE composed SET m = 100.5 WHERE m = 100 AND k = 'k2'", [
      { table: 'composed', key: "m=100.5, k='k2'", kind: 'missing in target' },
      { table: 'composed', key: "m=100, k='k2'", kind: 'extra in target' },
    ]);
  });
});

describe('every kind of key', () => {
  it('a table without a key names both rows whole', async () => {
    await inTarget(
      'UPDATE keyless SET c = 0 WHERE b = 1000',
      'UPDATE keyless SET c = 1000.25 WHERE b = 1000',
      [
        { table: 'keyless', key: "a='a0', b=1000, c=1000.25", kind: 'missing in target' },
        { table: 'keyless', key: "a='a0', b=1000, c=0", kind: 'extra in target' },
      ],
    );
  });

  it('a table without a key misses one of two equal rows', async () => {
    await inTarget(
      `DELETE FROM keyless WHERE ctid = (SELECT ctid FROM keyless WHERE b = 2 LIMIT 1)`,
      `INSERT INTO keyless VALUES ('a2', 2, 2.25)`,
      [{ table: 'keyless', key: "a='a2', b=2, c=2.25", kind: 'missing in target' }],
    );
  });

  it('a key that ignores case', async () => {
    await inTarget(
      "UPDATE folded SET v = 'w' WHERE k = 'key1001'",
      "UPDATE folded SET v = 'v1001' WHERE k = 'key1001'",
      [
        {
          table: 'folded',
          key: "k='key1001'",
          kind: 'different value',
          column: 'v',
          source: "'v1001'",
          target: "'w'",
        },
      ],
    );
    await inTarget(
      "UPDATE folded SET k = 'KEY1001' WHERE k = 'key1001'",
      "UPDATE folded SET k = 'key1001' WHERE k = 'KEY1001'",
      [
        { table: 'folded', key: "k='key1001'", kind: 'missing in target' },
        { table: 'folded', key: "k='KEY1001'", kind: 'extra in target' },
      ],
    );
  });

  it('a composite key of a table WITHOUT ROWID', async () => {
    await inTarget(
      "UPDATE composed SET v = 'w' WHERE m = 142 AND k = 'k6'",
      "UPDATE composed SET v = 'v1000' WHERE m = 142 AND k = 'k6'",
      [
        {
          table: 'composed',
          key: "m=142, k='k6'",
          kind: 'different value',
          column: 'v',
          source: "'v1000'",
          target: "'w'",
        },
      ],
    );
  });

  it('a column that the source generates', async () => {
    await inTarget(
      'ALTER TABLE made ALTER COLUMN twice DROP EXPRESSION; UPDATE made SET twice = 5 WHERE id = 4',
      'ALTER TABLE made DROP COLUMN twice; ALTER TABLE made ADD COLUMN twice bigint GENERATED ALWAYS AS (a * 2) STORED',
      [
        {
          table: 'made',
          key: 'id=4',
          kind: 'different value',
          column: 'twice',
          source: '8',
          target: '5',
        },
      ],
    );
  });
});

describe('what the target does not have', () => {
  it('a table', async () => {
    await inTarget('ALTER TABLE sums RENAME TO gone', 'ALTER TABLE gone RENAME TO sums', [
      { table: 'sums', key: '', kind: 'missing in target' },
    ]);
  });

  it('a column', async () => {
    await inTarget(
      'ALTER TABLE sums RENAME COLUMN d TO gone',
      'ALTER TABLE sums RENAME COLUMN gone TO d',
      [{ table: 'sums', key: '', kind: 'missing in target', column: 'd' }],
    );
  });

  it('a generated column that is gone, but for one that migrate left out', async () => {
    expect((await compare(both, { tables: ['made'] })).differences).toEqual([]);
    await inTarget(
      'ALTER TABLE made DROP COLUMN twice',
      'ALTER TABLE made ADD COLUMN twice bigint GENERATED ALWAYS AS (a * 2) STORED',
      [{ table: 'made', key: '', kind: 'missing in target', column: 'twice' }],
    );
    await inTarget(
      'ALTER TABLE cardctl.left_out_column RENAME TO gone',
      'ALTER TABLE cardctl.gone RENAME TO left_out_column',
      [{ table: 'made', key: '', kind: 'missing in target', column: 'shown' }],
    );
  });

  it('a column that migrate left out, to a role that may not read what it wrote down', async () => {
    await inTarget(
      'REVOKE USAGE ON SCHEMA cardctl FROM CURRENT_USER',
      'GRANT USAGE ON SCHEMA cardctl TO CURRENT_USER',
      [{ table: 'made', key: '', kind: 'missing in target', column: 'shown' }],
    );
  });
});

describe('options', () => {
  const DAMAGE = `UPDATE facts SET t = 'x' WHERE id <= 30; DELETE FROM sums WHERE id = 2`;
  const UNDO = `UPDATE facts SET t = 'text ' || id WHERE id <= 30; INSERT INTO sums VALUES (2, 0.3)`;

  it('--limit names so many and counts them all', async () => {
    const result = await withDamagedTarget(both, DAMAGE, UNDO, () => compare(both, { limit: 4 }));
    expect(result.differences).toHaveLength(4);
    expect(result.differencesTotal).toBe(31);
  });

  it('--counts sees the missing row and not the changed values', async () => {
    const result = await withDamagedTarget(both, DAMAGE, UNDO, () =>
      compare(both, { counts: true }),
    );
    expect(result).toMatchObject({ equal: false, differencesTotal: 1 });
    expect(result.differences).toEqual([
      {
        table: 'sums',
        key: '',
        kind: 'different value',
        column: 'count(*)',
        source: '4',
        target: '3',
      },
    ]);
  });

  it('--table looks at that table only, whatever its case', async () => {
    const [sums, made] = await withDamagedTarget(both, DAMAGE, UNDO, async () => [
      await compare(both, { tables: ['SUMS'] }),
      await compare(both, { tables: ['made'] }),
    ]);
    expect(sums).toMatchObject({ equal: false, differencesTotal: 1 });
    expect(made).toMatchObject({ equal: true, tables: [{ table: 'made' }] });
  });
});

const FIXTURE_PLAYERS = 60;

describe('a game', () => {
  let game: Moved;

  beforeAll(async () => {
    const path = join(await tempDir(), 'game.db');
    generateGame({ path, players: FIXTURE_PLAYERS, seed: 7 });
    game = await moved(path);
  });

  it('40 random damages are found, each of them', async () => {
    const random = dice(2026);
    const tables = await game.client.query<{ name: string; column: string; type: string }>(
      `SELECT c.table_name AS name, c.column_name AS column, c.data_type AS type
       FROM information_schema.columns c WHERE c.table_schema = 'public' ORDER BY 1, c.ordinal_position`,
    );
    const missed: string[] = [];
    let tried = 0;
    while (tried < 40) {
      const { name, column, type } = tables.rows[
        random(tables.rows.length)
      ] as (typeof tables.rows)[number];
      const { rows } = await game.client.query<{ at: string; value: string | null }>(
        `SELECT ctid AS at, "${column}" AS value FROM "${name}" ORDER BY ctid`,
      );
      if (rows.length === 0) continue;
      const row = rows[random(rows.length)] as (typeof rows)[number];
      const value = damaged(row.value, type, random);
      const change = (at: string, to: string | null) =>
        game.client.query<{ at: string }>(
          `UPDATE "${name}" SET "${column}" = $1 WHERE ctid = '${at}' RETURNING ctid AS at`,
          [to],
        );
      const changed = await change(row.at, value).catch(() => null);
      // A key or a constraint forbids it.
      if (changed === null) continue;
      tried++;
      const { differences } = await compare(game, { tables: [name] });
      await change(changed.rows[0]?.at ?? '', row.value);
      const isNamed = differences.some(
        (each) => each.column === column || each.kind === 'missing in target',
      );
      if (!isNamed) missed.push(`${name}.${column}: ${row.value} -> ${value}`);
    }
    expect(missed).toEqual([]);
    expect((await compare(game)).differencesTotal).toBe(0);
  }, 240_000);

  it('cardctl verify ends with 0 when equal and with 3 when not, and prints the difference', async () => {
    const args = ['verify', '--source', game.sourcePath, '--target', game.targetUrl];
    const place = ['--work-dir', game.workDir];
    const equal = await runCardctl([...args, ...place, '--json'], { cwd: await tempDir() });
    expect(equal).toMatchObject({ exitCode: 0 });
    const [card] = (
      await game.client.query<{ id: string; name: string }>(
        'SELECT card_id AS id, name FROM cards ORDER BY card_id LIMIT 1',
      )
    ).rows;
    await withDamagedTarget(
      game,
      `UPDATE cards SET name = name || 'x' WHERE card_id = '${card?.id}'`,
      `UPDATE cards SET name = left(name, -1) WHERE card_id = '${card?.id}'`,
      async () => {
        const cwd = await tempDir();
        const json = await runCardctl([...args, ...place, '--json'], { cwd });
        expect(json.exitCode).toBe(3);
        const last = JSON.parse(json.stdout.trimEnd().split('\n').at(-1) ?? '');
        expect(last.result).toMatchObject({
          equal: false,
          differencesTotal: 1,
          differences: [
            {
              table: 'cards',
              key: `card_id='${card?.id}'`,
              column: 'name',
              source: `'${card?.name}'`,
              target: `'${card?.name}x'`,
            },
          ],
        });
        const plain = await runCardctl([...args, ...place, '--plain'], { cwd });
        expect(plain.exitCode).toBe(3);
        expect(plain.stdout).toContain(`'${card?.name}x'`);
        expect(plain.stdout).toContain('different: 1 in all');
      },
    );
  });
});

async function inTarget(
  damage: string,
  undo: string,
  differences: Difference[],
  sourcePath = both.sourcePath,
): Promise<void> {
  const result = await withDamagedTarget(both, damage, undo, () =>
    compare({ ...both, sourcePath }),
  );
  expectDifferences(result, differences);
}

async function inSource(damage: string, differences: Difference[]): Promise<void> {
  const sourcePath = await damagedSource(both, damage);
  expectDifferences(await compare({ ...both, sourcePath }), differences);
}

function expectDifferences(
  result: { equal: boolean; differences: Difference[]; differencesTotal: number },
  expected: Difference[],
): void {
  const byKey = (a: Difference, b: Difference) => (a.kind + a.key < b.kind + b.key ? -1 : 1);
  expect([...result.differences].sort(byKey)).toEqual([...expected].sort(byKey));
  expect(result.differencesTotal).toBe(expected.length);
  expect(result.equal).toBe(false);
}

function hex(text: string): string {
  return `X'${Buffer.from(text).toString('hex')}'`;
}

/** Of `datetime(1760000000 + id, 'unixepoch')`. */
function stamp(id: number): string {
  return new Date((1_760_000_000 + id) * 1_000).toISOString().slice(0, 19).replace('T', ' ');
}

function undoOf(column: string, id: number): string {
  const values: Record<string, string> = {
    t: `'text ${id}'`,
    b: `convert_to('bytes ${id}', 'UTF8')`,
    n: `${id * 1_000_003}`,
    d: `${id + 0.25}`,
    f: `${id % 2 === 1}`,
    at: `'${stamp(id)}'`,
    day: `'${stamp(id).slice(0, 10)}'`,
    bare: `'bare ${id}'`,
  };
  return values[column] ?? '';
}

/** A generator of whole numbers below `most` that gives the same ones for the same seed. */
function dice(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

function damaged(
  value: string | null,
  type: string,
  random: (most: number) => number,
): string | null {
  if (value === null) return type === 'text' ? '' : type === 'boolean' ? 'f' : '0';
  if (type === 'boolean') return value === 't' ? 'f' : 't';
  if (type !== 'text') return String(BigInt(value) ^ (1n << BigInt(random(20))));
  if (value === '') return null;
  const characters = [...value];
  const at = random(characters.length);
  const code = (characters[at] as string).codePointAt(0) ?? 0;
  characters[at] = String.fromCodePoint(code ^ 1);
  return characters.join('');
}
