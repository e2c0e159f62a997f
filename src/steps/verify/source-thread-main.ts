/** The thread in which SQLite reads for verify: see `SourceThread`. */
import { parentPort, workerData } from 'node:worker_threads';
import { openSource } from '../../drivers/sqlite.js';
import { toWire } from '../../lib/wire-error.js';
import { type RowsChunk, SourceRows } from './source-rows.js';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './source-thread.js';

/** More than are read ahead: a chunk that is asked for again is still known. */
const CHUNKS_KEPT = 16;

const source = openSource((workerData as ThreadData).snapshotPath);
// Pages are read once, in order: a large cache would only hold what is not needed again.
source.db.pragma('cache_size = -16384');

let rows: SourceRows | null = null;
let chunks: Iterator<RowsChunk> | null = null;
const kept = new Map<number, RowsChunk>();
let lastChunk = 0;

parentPort?.on('message', (request: ThreadRequest) => {
  try {
    answer(request);
  } catch (error) {
    send({ id: request.id, type: 'failed', error: toWire(error) });
  }
});

function answer(request: ThreadRequest): void {
  const { id } = request;
  if (request.type === 'open') {
    rows = new SourceRows(source.db, request.table);
    chunks = rows.chunks();
    kept.clear();
    send({ id, type: 'opened' });
  } else if (request.type === 'next') {
    if (rows !== null) rows.escapesControls = request.escapes;
    const next = chunks?.next();
    if (next === undefined || next.done === true) send({ id, type: 'end' });
    else sendChunk(id, next.value);
  } else {
    const chunk = kept.get(request.chunk);
    if (chunk === undefined) send({ id, type: 'end' });
    else sendText({ id, type: 'text', text: chunk.escaped() });
  }
}

function sendChunk(id: number, chunk: RowsChunk): void {
  const number = ++lastChunk;
  kept.set(number, chunk);
  kept.delete(number - CHUNKS_KEPT);
  const { text, rows: count, isEscaped } = chunk;
  sendText({ id, type: 'chunk', chunk: number, text, rows: count, isEscaped });
}

/** Hands the bytes over instead of copying them, where they have a buffer of their own. */
function sendText(message: ThreadAnswer & { text: Uint8Array }): void {
  const { buffer, byteLength } = message.text;
  const isWhole = buffer.byteLength === byteLength && byteLength > Buffer.poolSize;
  parentPort?.postMessage(message, isWhole ? [buffer as ArrayBuffer] : []);
}

function send(message: ThreadAnswer): void {
  parentPort?.postMessage(message);
}
