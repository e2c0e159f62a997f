import type { Client } from 'pg';
import { PageFile } from '../../snapshot/page-file.js';
import type { PlannedTable } from '../../snapshot/plan-move.js';
import { type Migration, planOf } from '../context.js';
import type { Step } from '../step.js';
import { constraintTasks } from './constraint-tasks.js';
import { CHUNK_UNITS, type Chunk, copyChunk } from './copy-chunk.js';
import { joinHold } from './hold.js';
import { copiedTaskId, indexTasks } from './index-tasks.js';
import {
  type CopiedChunk,
  readCopiedChunks,
  readMigrationRecord,
  recordLoaded,
} from './scaffolding.js';
import { TableTally } from './table-tally.js';
import { runQueue, type Task } from './work-queue.js';

/**
 * Copies the rows, builds keys and indexes, then foreign keys: a table's indexes are built while
 * other tables still load.
 */
export const load: Step<Migration> = {
  name: 'load',
  title: 'copy rows, build indexes and keys',
  changesTarget: 'bit by bit',

  async run(migration) {
    const { clock, options } = migration;
    const plan = planOf(migration);
    const started = clock.monotonicMs();
    const file = new PageFile(migration.snapshotPath);
    const clients = await Promise.all(
      Array.from({ length: options.jobs }, () => openLoader(migration)),
    );
    try {
      const record = await readMigrationRecord(clients[0] as Client);
      if (record?.loaded === true) return 'there already';
      const done = await readCopiedChunks(clients[0] as Client);
      const tallies = new Map(
        plan.tables.map((table) => [
          table.plan.targetName,
          new TableTally(migration, load.title, table),
        ]),
      );
      const tasks = plan.tables.flatMap((table) =>
        copyTasks(migration, file, table, done, tallies.get(table.plan.targetName) as TableTally),
      );
      tasks.push(...indexTasks(migration, plan, tallies));
      tasks.push(...constraintTasks(migration, plan, tallies));
      await runQueue(tasks, clients, migration.signal);
      await recordLoaded(clients[0] as Client, migration.run);
      migration.loaded = [...tallies.values()].map((tally) => tally.result());
    } catch (error) {
      throw migration.target.explain(error);
    } finally {
      file.close();
      await Promise.all(clients.map((client) => client.end()));
    }
    const rows = migration.loaded.reduce((sum, table) => sum + table.rows, 0);
    const seconds = (clock.monotonicMs() - started) / 1000;
    return `${rows.toLocaleString('en')} rows, ${Math.round(rows / seconds).toLocaleString('en')} rows/s`;
  },
};

function copyTasks(
  migration: Migration,
  file: PageFile,
  table: PlannedTable,
  done: ReadonlyMap<string, CopiedChunk>,
  tally: TableTally,
): Task<Client>[] {
  const tasks: Task<Client>[] = [];
  const total = table.units.pages.length;
  for (let number = 0, from = 0; from < total; number++, from += CHUNK_UNITS) {
    const chunk: Chunk = { table, number, from, to: Math.min(from + CHUNK_UNITS, total) };
    const copied = done.get(`${table.plan.targetName}/${number}`);
    if (copied !== undefined) {
      tally.add(copied.rows, copied.bytes);
      continue;
    }
    tasks.push({
      id: copyTaskId(table, number),
      after: [],
      cost: chunk.to - from,
      run: async (client) => {
        tally.begin();
        await copyChunk(client, file, chunk, migration.signal, (rows, bytes) =>
          tally.add(rows, bytes),
        );
      },
    });
  }
  return [...tasks, copiedTask(table, tasks)];
}

/** Nothing to do: stands for "every chunk of the table is in". */
function copiedTask(table: PlannedTable, chunks: Task<Client>[]): Task<Client> {
  return {
    id: copiedTaskId(table.plan.targetName),
    after: chunks.map((chunk) => chunk.id),
    cost: 0,
    run: async () => {},
  };
}

function copyTaskId(table: PlannedTable, number: number): string {
  return `copy ${table.plan.targetName}/${number}`;
}

/** A connection set for bulk work. Settings that any role may change; they end with the session. */
async function openLoader(migration: Migration): Promise<Client> {
  const client = await migration.target.connect();
  await joinHold(client);
  // A crash of the server may lose the last chunks together with their records: they are copied again.
  await client.query(`SET synchronous_commit = off`);
  await client.query(`SET maintenance_work_mem = '256MB'`);
  // The jobs are what runs in parallel: helpers of an index build would take their cores, and each
  // helper sorts through temporary files.
  await client.query(`SET max_parallel_maintenance_workers = 0`);
  // Foreign keys are validated by hash joins: the parents' keys should fit.
  await client.query(`SET work_mem = '64MB'`);
  await client.query(`SET statement_timeout = 0`);
  await client.query(`SET idle_in_transaction_session_timeout = 0`);
  return client;
}
