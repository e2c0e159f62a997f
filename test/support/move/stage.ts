import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCardctl, startCardctl } from '../cardctl.js';
import { createDatabase } from '../postgres.js';
import { type ProcessResult, type RunningProcess, startProcess } from '../process.js';
import { tempDir } from '../temp-dir.js';
import { type Books, makeAccounts, postgresBooks, sqliteBooks } from './accounts.js';
import { type Audit, audit } from './audit.js';
import type { PlayerOptions } from './player.js';

const PLAYER = fileURLToPath(new URL('player-process.ts', import.meta.url));

/** A move of a small database, with processes of its own for everything. */
export interface MoveStage {
  source: string;
  url: string;
  /** Runs cardctl with the stage's configuration; its result, of a run that ended well. */
  cardctl(args: readonly string[], env?: Record<string, string>): Promise<Record<string, unknown>>;
  /** The same for a run that is to fail. */
  fails(
    args: readonly string[],
  ): Promise<{ exitCode: number | null; result: Record<string, unknown> }>;
  startCardctl(args: readonly string[], env?: Record<string, string>): RunningProcess;
  startPlayer(name: string, opsPerSecond?: number): Promise<RunningProcess>;
  /** For a player of this process. */
  playerOptions(name: string, opsPerSecond: number): PlayerOptions;
  books(): Promise<{ sqlite: Books; postgres: Books }>;
  audit(books: Books): Audit;
}

export interface StageOptions {
  journalMode?: 'wal' | 'delete';
  accounts?: number;
}

/** A source that nobody has moved yet, and an empty target on the tests' server. */
export async function makeMoveStage({
  journalMode = 'delete',
  accounts = 20,
}: StageOptions = {}): Promise<MoveStage> {
  const directory = await tempDir();
  const { url } = await createDatabase();
  const source = join(directory, 'bank.db');
  makeAccounts(source, { accounts, journalMode });
  return stageAt({ directory, source, url });
}

export interface StagePlace {
  /** For what the stage writes. */
  directory: string;
  source: string;
  url: string;
  /** Further keys of the configuration. */
  more?: object;
}

export function stageAt({ directory, source, url, more = {} }: StagePlace): MoveStage {
  mkdirSync(join(directory, 'ledgers'), { recursive: true });
  const config = join(directory, 'cardctl.json');
  const content = { source, target: url, workDir: join(directory, 'work'), ...more };
  writeFileSync(config, JSON.stringify(content), { mode: 0o600 });
  const ledgers: string[] = [];
  const withConfig = (args: readonly string[]) => [
    ...args,
    '--config',
    config,
    '--no-input',
    '--yes',
    '--json',
  ];
  const playerOptions = (name: string, opsPerSecond: number) => {
    const ledger = join(directory, 'ledgers', `${name}.ndjson`);
    ledgers.push(ledger);
    return { name, path: source, url, ledger, opsPerSecond };
  };
  return {
    source,
    url,
    cardctl: async (args, env = {}) => {
      const ended = await runCardctl(withConfig(args), { env });
      if (ended.exitCode === 0) return resultOf(ended);
      throw new Error(`cardctl ${args.join(' ')}: ${ended.stdout}\n${ended.stderr}`);
    },
    fails: async (args) => {
      const ended = await runCardctl(withConfig(args));
      if (ended.exitCode === 0) throw new Error(`cardctl ${args.join(' ')} ended well`);
      return { exitCode: ended.exitCode, result: resultOf(ended) };
    },
    startCardctl: (args, env = {}) => startCardctl(withConfig(args), { env, timeoutMs: 600_000 }),
    startPlayer: async (name, opsPerSecond = 50) => {
      const options = JSON.stringify(playerOptions(name, opsPerSecond));
      const args = ['--import', 'tsx', PLAYER, options];
      const running = startProcess(process.execPath, args, { timeoutMs: 600_000 });
      await running.waitFor(/ready/);
      return running;
    },
    playerOptions,
    books: async () => ({ sqlite: sqliteBooks(source), postgres: await postgresBooks(url) }),
    audit: (books) => audit(books, ledgers),
  };
}

function resultOf({ stdout }: ProcessResult): Record<string, unknown> {
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  const { result, error } = JSON.parse(last) as Record<string, Record<string, unknown>>;
  return result ?? error ?? {};
}
