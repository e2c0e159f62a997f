/** The thread in which tables are compared: see `ComparingThread`. */
import { parentPort, workerData } from 'node:worker_threads';
import { openTarget } from '../../drivers/postgres.js';
import { toWire } from '../../lib/wire-error.js';
import { yieldCpu } from '../../lib/yield-cpu.js';
import type { PairedTable } from '../../sync/tables/paired-table.js';
import { compareValues } from './compare-values.js';
import type { ThreadAnswer, ThreadData } from './comparing-thread.js';
import { explainSides, joinMoment, openSides, type Sides } from './sides.js';

/** Compared between two messages about it: each wakes the other thread. */
const BYTES_PER_MESSAGE = 2 * 1024 * 1024;

const { snapshotPath, targetUrl, moment } = workerData as ThreadData;
const target = openTarget(targetUrl);
let opened: Promise<Sides> | undefined;

yieldCpu();

parentPort?.on('message', (table: PairedTable) => {
  compare(table).then(
    (result) => send({ type: 'compared', result }),
    (error: unknown) => send({ type: 'failed', error: toWire(explainSides(target, error)) }),
  );
});

async function compare(table: PairedTable) {
  opened ??= open();
  const told = { rows: 0, bytes: 0 };
  const tell = () => {
    send({ type: 'rows', ...told });
    told.rows = 0;
    told.bytes = 0;
  };
  const result = await compareValues(await opened, table, {
    onRows: (rows, bytes) => {
      told.rows += rows;
      told.bytes += bytes;
      if (told.bytes >= BYTES_PER_MESSAGE) tell();
    },
    onDifference: (difference) => send({ type: 'difference', difference }),
  });
  tell();
  return result;
}

async function open(): Promise<Sides> {
  const sides = await openSides(snapshotPath, target);
  await joinMoment(sides.client, moment);
  // Pages are read once, in order: a large cache would only hold what is not needed again.
  sides.source.db.pragma('cache_size = -16384');
  return sides;
}

function send(answer: ThreadAnswer): void {
  parentPort?.postMessage(answer);
}
