import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { generateGame } from '../../fixtures/game/generate.js';

/** A game database to move. */
export interface Source {
  path: string;
  players: number;
  bytes: number;
  rows: Readonly<Record<string, number>>;
  rowsTotal: number;
}

/** The game database of that size out of the cache, made and put there when it is missing. */
export function sourceOf(players: number, cacheDir: string): Source {
  const path = join(cacheDir, `game-${players}.db`);
  if (!existsSync(path)) {
    const unfinished = `${path}.unfinished`;
    rmSync(unfinished, { force: true });
    generateGame({ path: unfinished, players, seed: 1 });
    renameSync(unfinished, path);
  }
  const rows = countRows(path);
  const rowsTotal = Object.values(rows).reduce((sum, count) => sum + count, 0);
  return { path, players, bytes: statSync(path).size, rows, rowsTotal };
}

function countRows(path: string): Record<string, number> {
  const database = new Sqlite(path, { readonly: true });
  try {
    const names = database
      .prepare(
        `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
      )
      .pluck()
      .all() as string[];
    const count = (name: string) =>
      database.prepare(`SELECT count(*) FROM "${name}"`).pluck().get() as number;
    return Object.fromEntries(names.map((name) => [name, count(name)]));
  } finally {
    database.close();
  }
}
