import { randomBytes } from 'node:crypto';
import type Database from 'better-sqlite3';
import type { WritableFile } from '../../drivers/sqlite-writable.js';
import { CardctlError, messageOf } from '../../lib/errors.js';
import { OWN_TRIGGERS, readSchema } from '../../schema/read.js';
import type { CapturedTable } from '../captured-table.js';
import { sqliteIdent } from '../tables/source-line.js';
import { CREATE_AUTHORITY, CREATE_STATE, createChangeLog } from './own-tables.js';
import { otherEpoch, schemaChanged } from './require-state.js';
import { changedTables, schemaHashes } from './schema-hashes.js';
import { readAuthority, type State, stateReader } from './state.js';
import { writeTransaction } from './transaction.js';
import { captureTriggers, fenceTriggers, type Trigger } from './triggers.js';

/**
 * Has the source log which rows of these tables change, and makes the fence that its other tables
 * have too. From the commit on every writer is captured, those that are connected included. Does
 * nothing when that was done before.
 *
 * @throws CardctlError `refused` when it was done for other tables, or the schema changed since
 */
export async function installCapture(
  file: WritableFile,
  captured: readonly CapturedTable[],
): Promise<{ sourceId: string }> {
  return writeTransaction(file, () => {
    const state = stateReader(file.writer)();
    const sourceId = state === null ? install(file, captured) : installed(file, captured, state);
    return { sourceId };
  });
}

/**
 * Leaves nothing of ours in the source: its schema is, byte for byte, what it was. The table that
 * says who may write stays when cardbot had made it before.
 *
 * @throws CardctlError `refused` while the fence is up: it is all that keeps writers out of a copy
 */
export async function removeCapture(file: WritableFile): Promise<void> {
  const { writer, path } = file;
  await writeTransaction(file, () => {
    if (stateReader(writer)() === null) return;
    const authority = readAuthority(writer);
    if (authority.store !== 'sqlite' || authority.moving) {
      throw otherEpoch(path, authority, 'the authority, which alone can do without the fence');
    }
    const sql = 'SELECT had_authority FROM cardctl_state WHERE id = 1';
    const hadAuthority = writer.prepare<[], bigint>(sql).pluck().get() !== 0n;
    for (const { name } of ownTriggers(writer)) writer.exec(`DROP TRIGGER ${sqliteIdent(name)}`);
    writer.exec('DROP TABLE cardctl_change; DROP TABLE cardctl_state');
    if (!hadAuthority) writer.exec('DROP TABLE cardctl_authority');
  });
}

function install({ writer, path }: WritableFile, captured: readonly CapturedTable[]): string {
  const authority = readAuthority(writer);
  if (authority.store !== 'sqlite' || authority.moving) {
    throw otherEpoch(path, authority, 'the authority, whose changes there are to capture');
  }
  const sourceId = randomBytes(16).toString('hex');
  const sql = `SELECT 1 FROM sqlite_schema WHERE name = 'cardctl_authority'`;
  const hadAuthority = writer.prepare(sql).get() !== undefined;
  const triggers = allTriggers(writer, path, captured);
  const keyColumns = Math.max(1, ...captured.map(({ key }) => key.length));
  writer.exec(CREATE_AUTHORITY);
  writer.exec(`INSERT INTO cardctl_authority VALUES (1, 'sqlite', 0, 0) ON CONFLICT DO NOTHING`);
  writer.exec(CREATE_STATE);
  writer.exec(createChangeLog(keyColumns));
  for (const trigger of triggers) writer.exec(trigger.sql);
  for (const { table } of triggers) expectWritable(writer, table);
  writer
    .prepare(
      'INSERT INTO cardctl_state (id, source_id, schema_hashes, had_authority) VALUES (1, ?, ?, ?)',
    )
    .run(sourceId, JSON.stringify(schemaHashes(writer, [])), hadAuthority ? 1n : 0n);
  return sourceId;
}

function installed(
  { writer, path }: WritableFile,
  captured: readonly CapturedTable[],
  state: State,
): string {
  const changed = changedTables(state.schemaHashes, schemaHashes(writer, state.setAside));
  if (changed.length > 0) throw schemaChanged(path, changed);
  const wanted = allTriggers(writer, path, captured);
  if (listOf(wanted) === listOf(ownTriggers(writer))) return state.sourceId;
  throw new CardctlError('refused', `the changes of other tables of ${path} are captured`, {
    hint: 'It was set up with other tables, or by another version of cardctl. Take it back first: cardctl rollback',
    details: { path },
  });
}

/** Of every table, followed or not: the fence keeps writers out of all of them. */
function allTriggers(
  db: Database.Database,
  path: string,
  captured: readonly CapturedTable[],
): (Trigger & { table: string })[] {
  const tables = readSchema(db).tables;
  const foreign = captured.filter(({ number, source }) => tables[number]?.sql !== source.sql);
  if (foreign.length > 0)
    throw schemaChanged(
      path,
      foreign.map(({ source }) => source.name),
    );
  return tables.flatMap(({ name }, number) => {
    const followed = captured.find((each) => each.number === number);
    const triggers =
      followed === undefined ? fenceTriggers(number, name) : captureTriggers(followed);
    return triggers.map((trigger) => ({ ...trigger, table: name }));
  });
}

/** A trigger that SQLite does not understand would fail the bot's next write, not ours. */
function expectWritable(db: Database.Database, table: string): void {
  const name = sqliteIdent(table);
  const columns = db.prepare<[string], string>(
    'SELECT name FROM pragma_table_info(?) ORDER BY cid LIMIT 1',
  );
  const column = sqliteIdent(columns.pluck().get(table) ?? '');
  const writes = [
    `INSERT INTO ${name} (${column}) VALUES (NULL)`,
    `UPDATE ${name} SET ${column} = NULL`,
    `DELETE FROM ${name}`,
  ];
  try {
    for (const sql of writes) db.prepare(sql);
  } catch (error) {
    throw new CardctlError(
      'refused',
      `the changes of ${table} cannot be captured: ${messageOf(error)}`,
      {
        hint: 'Its indexes call something that only the bot knows. Move without following: cardctl migrate',
        cause: error,
        details: { table },
      },
    );
  }
}

function ownTriggers(db: Database.Database): Trigger[] {
  return db
    .prepare<[], Trigger>(
      `SELECT name, sql FROM sqlite_schema
       WHERE type = 'trigger' AND substr(name, 1, ${OWN_TRIGGERS.length}) = '${OWN_TRIGGERS}'`,
    )
    .all();
}

function listOf(triggers: readonly Trigger[]): string {
  return JSON.stringify(triggers.map(({ name, sql }) => [name, sql]).sort());
}
