/** The thread in which some tables are examined: see `examineInThread`. */
import { parentPort, workerData } from 'node:worker_threads';
import { toWire } from '../lib/wire-error.js';
import { examineTable } from './examine-table.js';
import type { ThreadMessage, ThreadRequest } from './examine-thread.js';
import { PageFile } from './page-file.js';

const { path, tables, missing } = workerData as ThreadRequest;
const send = (message: ThreadMessage) => parentPort?.postMessage(message);
const neverAborted = new AbortController().signal;

try {
  const file = new PageFile(path);
  const counted: Extract<ThreadMessage, { type: 'done' }>['tables'] = [];
  for (const table of tables) {
    const found = await examineTable(file, table, missing, neverAborted, (pages) =>
      send({ type: 'pages', pages }),
    );
    counted.push([table.name, found]);
  }
  file.close();
  send({ type: 'done', tables: counted });
} catch (error) {
  send({ type: 'failed', error: toWire(error) });
}
