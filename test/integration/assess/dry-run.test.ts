import { copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { renderDryRun } from '../../../src/cli/render/dry-run.js';
import type { MoveRules } from '../../../src/snapshot/plan-move.js';
import { type DryRun, planMigration } from '../../../src/steps/migrate/dry-run.js';
import { errorOf, gameFile } from '../../support/backup-run.js';
import { tempDir } from '../../support/temp-dir.js';
import { deps, NO_RULES, untouched } from './look.js';

describe('a dry run of migrate', () => {
  it('lists every statement in the order of the load', async () => {
    const { statements } = await planned(await smallGame());
    expect(statements.map(({ phase, table }) => `${phase} ${table}`)).toEqual([
      ...['cards', 'players', 'player_cards', 'active_fights', 'fight_history'].map(onTable),
      ...['card_cooldowns', 'card_cooldown_settings'].map(onTable),
      // Each an index and the constraint that it becomes.
      ...['cards', 'cards', 'players', 'player_cards', 'player_cards'].flatMap(onKeyTwice),
      ...['active_fights', 'fight_history', 'card_cooldowns'].flatMap(onKeyTwice),
      ...['card_cooldown_settings'].flatMap(onKeyTwice),
      'index players',
      ...Array(2).fill('index player_cards'),
      ...Array(4).fill('index active_fights'),
      ...Array(2).fill('index fight_history'),
      ...Array(4).fill('foreign key player_cards'),
      ...Array(4).fill('foreign key active_fights'),
      ...Array(2).fill('foreign key fight_history'),
      ...Array(4).fill('foreign key card_cooldowns'),
      ...Array(2).fill('foreign key card_cooldown_settings'),
      'sequence players',
      'sequence player_cards',
      'sequence fight_history',
    ]);
  });

  it('plans each table: rows, pages, chunks, keys, next id', async () => {
    const { tables, rows } = await planned(await smallGame());
    expect(rows).toBe(1_422);
    expect(tables.find(({ table }) => table === 'player_cards')).toEqual({
      table: 'player_cards',
      targetName: 'player_cards',
      rows: 642,
      rejectedRows: 0,
      pages: 13,
      chunks: 1,
      columns: [
        { column: 'id', targetName: 'id', type: 'bigint', why: 'integers' },
        { column: 'user_id', targetName: 'user_id', type: 'bigint', why: 'integers' },
        { column: 'card_id', targetName: 'card_id', type: 'text', why: 'text' },
        { column: 'obtained_at', targetName: 'obtained_at', type: 'text', why: 'text' },
        { column: 'usage_count', targetName: 'usage_count', type: 'bigint', why: 'integers' },
        { column: 'is_favorite', targetName: 'is_favorite', type: 'bigint', why: 'integers' },
      ],
      keys: ['player_cards_pkey', 'player_cards_user_id_card_id_key'],
      indexes: ['idx_player_cards_user_id', 'idx_player_cards_card_id'],
      foreignKeys: ['player_cards_user_id_fkey', 'player_cards_card_id_fkey'],
      nextId: '651',
    });
  });

  it.each([
    ['omit', 'left out'],
    ['not-valid', 'not validated'],
  ] as const)('says what becomes of a broken foreign key: %s', async (choice, outcome) => {
    const path = await gameFile();
    const { brokenForeignKeys } = await planned(path, NO_RULES, choice);
    const db = new Database(path, { readonly: true });
    const orphans = db
      .prepare('SELECT fight_id FROM active_fights WHERE opponent_id = 0 ORDER BY rowid')
      .pluck()
      .all();
    db.close();
    expect(brokenForeignKeys).toEqual([
      {
        table: 'active_fights',
        name: 'active_fights_opponent_id_fkey',
        orphans: orphans.length,
        examples: orphans.slice(0, 5).map((id) => `fight_id='${id}'`),
        outcome,
      },
    ]);
  });

  it('does not count a foreign key that is left out knowingly', async () => {
    const skip = new Set(['active_fights_opponent_id_fkey']);
    const { brokenForeignKeys, statements } = await planned(await smallGame(), {
      ...NO_RULES,
      skip,
    });
    expect(brokenForeignKeys).toEqual([]);
    expect(statements.filter(({ sql }) => sql.includes('active_fights_opponent_id_fkey'))).toEqual(
      [],
    );
  });

  it('is refused as migrate would be, with the rows that do not fit', async () => {
    const error = await errorOf(planned(await gameWithBadRow()));
    expect(error.code).toBe('refused');
    expect(error.message).toContain('players.first_name');
    expect(error.hint).toContain('--on-bad-row reject');
    expect(error.details).toMatchObject({
      problems: [
        {
          table: 'players',
          column: 'first_name',
          kind: 'NUL in text',
          count: 1,
          keys: ['user_id=1'],
        },
      ],
    });
  });

  it('leaves out rows that do not fit when that is asked for, and counts them', async () => {
    const { tables, rows } = await planned(await gameWithBadRow(), {
      ...NO_RULES,
      onBadRow: 'reject',
    });
    expect(tables.find(({ table }) => table === 'players')).toMatchObject({
      rows: 61,
      rejectedRows: 1,
    });
    expect(rows).toBe(1_422);
  });

  it('is plain data: JSON keeps all of it', async () => {
    const dryRun = await planned(await smallGame());
    expect(JSON.parse(JSON.stringify(dryRun))).toEqual(dryRun);
  });

  it('expects the parts to add up', async () => {
    const { expected } = await planned(await gameFile());
    const { snapshot, census, load, seconds } = expected;
    expect(seconds).toBeCloseTo(snapshot.seconds + census.seconds + load.seconds, 9);
    expect(load.seconds).toBeGreaterThan(0);
  });
});

describe('a dry run as text', () => {
  it('is SQL, and all the rest of it comments', async () => {
    const path = await smallGame();
    const dryRun = await planned(path);
    const text = renderDryRun(dryRun, { colour: false, width: 80 });
    for (const { sql } of dryRun.statements) expect(text).toContain(`${sql};\n`);
    const rest = dryRun.statements.reduce((left, { sql }) => left.replace(`${sql};\n`, ''), text);
    expect(rest.split('\n').filter((line) => line !== '' && !line.startsWith('--'))).toEqual([]);
    expect(text).toMatch(/^-- would move .*: 397 kB, 1,422 rows in 7 tables\n-- in about/);
    expect(text).toMatch(/^-- player_cards +642 +13 +1 +4 +2 +651$/m);
    expect(text.split('\n').at(-1)).toBe(
      `-- nothing was changed; next: cardctl migrate --source ${path}`,
    );
  });
});

function onTable(table: string): string {
  return `table ${table}`;
}

function onKeyTwice(table: string): string[] {
  return [`key ${table}`, `key ${table}`];
}

async function smallGame(): Promise<string> {
  const path = join(await tempDir(), 'game_bot.db');
  copyFileSync('fixtures/game/small.db', path);
  return path;
}

async function gameWithBadRow(): Promise<string> {
  const path = await smallGame();
  const db = new Database(path);
  db.exec(
    "INSERT INTO players (user_id, first_name, created_at) VALUES (1, 'a' || char(0), '2025-10-11')",
  );
  db.close();
  return path;
}

function planned(
  path: string,
  rules: MoveRules = NO_RULES,
  brokenForeignKeys: 'omit' | 'not-valid' = 'omit',
): Promise<DryRun> {
  return untouched(dirname(path), (workDir) =>
    planMigration({ sourcePath: path, workDir, rules, brokenForeignKeys }, deps()),
  );
}
