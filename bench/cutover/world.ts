import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';
import { runCardctl, startCardctl } from '../../test/support/cardctl.js';
import type { RunningProcess } from '../../test/support/process.js';
import { tempDir } from '../../test/support/temp-dir.js';

/** A game that is being moved, with a target of its own. */
export interface World {
  source: string;
  url: string;
  /** The result of a run that ended well. */
  cardctl(args: readonly string[]): Promise<Record<string, unknown>>;
  startFollow(args?: readonly string[]): Promise<RunningProcess>;
}

export async function makeWorld(
  template: string,
  adminUrl: string,
  { name, journalMode }: { name: string; journalMode: 'wal' | 'delete' },
): Promise<World> {
  const directory = await tempDir();
  const source = join(directory, 'game_bot.db');
  copyFileSync(template, source);
  const db = new Database(source);
  db.pragma(`journal_mode = ${journalMode}`);
  db.close();
  const url = await createDatabase(adminUrl, name);
  const config = join(directory, 'cardctl.json');
  writeFileSync(config, JSON.stringify({ source, target: url, workDir: join(directory, 'work') }), {
    mode: 0o600,
  });
  const full = (args: readonly string[]) => [
    ...args,
    '--config',
    config,
    '--no-input',
    '--yes',
    '--json',
  ];
  return {
    source,
    url,
    cardctl: async (args) => {
      const { exitCode, stdout, stderr } = await runCardctl(full(args), { timeoutMs: 600_000 });
      const last = stdout.trimEnd().split('\n').at(-1) ?? '{}';
      if (exitCode !== 0) throw new Error(`cardctl ${args.join(' ')}: ${last}\n${stderr}`);
      return (JSON.parse(last) as { result: Record<string, unknown> }).result;
    },
    startFollow: async (args = ['follow']) => {
      const running = startCardctl(full(args), { timeoutMs: 3_600_000 });
      await running.waitFor(/caught up/);
      return running;
    },
  };
}

async function createDatabase(adminUrl: string, name: string): Promise<string> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Waits until the target shows a row. */
export async function untilSeen(url: string, id: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (;;) {
      const { rows } = await client.query('SELECT max(id) AS id FROM fight_history');
      if (Number((rows[0] as { id: string }).id) >= id) return;
      await sleep(5);
    }
  } finally {
    await client.end();
  }
}
