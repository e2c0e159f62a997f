import type { MigrateOptions } from '../steps/context.js';
import type { Config } from './config/index.js';
import type { Invocation } from './invocation.js';

export interface MigrateChoices {
  resume?: boolean;
  clean?: boolean;
  verify: boolean;
  acceptHold?: boolean;
  follow?: boolean;
}

/** The bots' own tables in the source, where cardbots play on it. */
export async function prepareLedger({ source, stacks }: Config): Promise<void> {
  if (source === null || stacks.bots.length === 0) return;
  const { openWritable } = await import('../drivers/sqlite-writable.js');
  const { sqliteDatabase } = await import('../store/sqlite/database.js');
  const { prepareStore } = await import('../store/ledger-schema.js');
  const database = sqliteDatabase(openWritable(source));
  await prepareStore(database).finally(() => database.close());
}

/** What a migrate is told. */
export async function migrateOptions(
  { confirm }: Invocation,
  config: Config,
  { resume, clean, verify, acceptHold, follow }: MigrateChoices,
): Promise<MigrateOptions> {
  const { HOLD_MS_MAX } = await import('../snapshot/take/index.js');
  const { moveRules } = await import('./config/move-rules.js');
  return {
    jobs: config.migrate.jobs,
    rules: moveRules(config),
    brokenForeignKeys: config.migrate.brokenForeignKeys,
    brokenChecks: config.migrate.brokenChecks,
    resume: resume === true,
    clean: clean === true,
    confirmClean: async (names) => {
      await confirm(`Drop ${names.join(', ')} from the target? What is in them will be gone.`);
      return true;
    },
    verify,
    follow: follow === true,
    holdMsMax: config.backup.holdMsMax ?? HOLD_MS_MAX,
    acceptHold: acceptHold === true,
  };
}
