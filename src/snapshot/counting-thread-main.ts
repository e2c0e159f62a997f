/** The thread that counts stretches: see `CountingThread`. */
import { parentPort, workerData } from 'node:worker_threads';
import { toWire } from '../lib/wire-error.js';
import { yieldCpu } from '../lib/yield-cpu.js';
import type { ThreadData, ThreadMessage } from './counting-thread.js';
import { PageFile } from './page-file.js';
import { countStretch, type Stretch } from './stretch.js';
import { StretchQueue } from './stretch-queue.js';

const { path, stretches, queue: memory } = workerData as ThreadData;
const queue = new StretchQueue(memory, stretches);
const send = (message: ThreadMessage) => parentPort?.postMessage(message);

yieldCpu();
let file: PageFile | undefined;
try {
  for (let number = queue.take(); number !== null; number = queue.take()) {
    file ??= new PageFile(path);
    const count = countStretch(file, stretches[number] as Stretch);
    send({ type: 'counted', number, count });
  }
} catch (error) {
  send({ type: 'failed', error: toWire(error) });
} finally {
  file?.close();
}
