import { finished } from 'node:stream/promises';
import type { Client } from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';
import { quoteIdent } from '../../schema/identifiers.js';
import { qualified } from '../../schema/target-schema.js';
import type { PageFile } from '../../snapshot/page-file.js';
import type { PlannedTable } from '../../snapshot/plan-move.js';
import { RowText } from '../../snapshot/row-text.js';
import { RowScanner } from '../../snapshot/scan.js';
import { type CopiedChunk, claimChunk, recordChunk } from './scaffolding.js';

/** Pages per chunk: what a crash costs at most, some 8 MB or 50,000 rows. */
export const CHUNK_UNITS = 2_048;

/** A stretch of a table's units that is copied in one transaction. */
export interface Chunk {
  table: PlannedTable;
  number: number;
  from: number;
  to: number;
}

/** COPY text handed to the socket at a time, bytes: large enough to be cheap, small enough to wait for. */
const SLICE_BYTES = 128 * 1024;

/** Units read between two looks at how much text there is. */
const UNITS_PER_STEP = 8;

/**
 * Copies one chunk into the target, together with the row that says so, in one transaction: after
 * a crash the chunk is there whole, with its record, or not at all.
 *
 * @param onRows told how many rows and bytes went out since the last call
 * @returns what was copied, or null when the chunk was in the target already
 */
export async function copyChunk(
  client: Client,
  file: PageFile,
  chunk: Chunk,
  signal: AbortSignal,
  onRows: (rows: number, bytes: number) => void,
): Promise<CopiedChunk | null> {
  const { table } = chunk;
  const name = table.plan.targetName;
  await client.query('BEGIN');
  try {
    if (!(await claimChunk(client, name, chunk.number))) {
      await client.query('ROLLBACK');
      return null;
    }
    const copied = { rows: 0, bytes: 0 };
    const columns = table.encoding.columns.map(quoteIdent).join(', ');
    const copy = client.query(copyFrom(`COPY ${qualified(name)} (${columns}) FROM STDIN`));
    await send(copy, slicesOf(file, chunk), signal, ({ rows, text }) => {
      copied.rows += rows;
      copied.bytes += text.length;
      onRows(rows, text.length);
    });
    await recordChunk(client, name, chunk.number, copied);
    await client.query('COMMIT');
    return copied;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Some rows as COPY text; the text is valid until the next slice is asked for. */
interface Slice {
  rows: number;
  text: Buffer;
}

/**
 * Sends slices one by one, each once the socket has taken all of the one before: so all of them can
 * be made in the same memory, and the collector has nothing to do.
 */
async function send(
  copy: CopyStreamQuery,
  slices: Iterable<Slice>,
  signal: AbortSignal,
  onSent: (slice: Slice) => void,
): Promise<void> {
  const ended = finished(copy, { signal });
  // Whoever waits for a slice hears of it first; then nobody is left to wait for the end.
  ended.catch(() => undefined);
  let isRefused = false;
  copy.on('error', () => {
    isRefused = true;
  });
  try {
    for (const slice of slices) {
      signal.throwIfAborted();
      onSent(slice);
      await Promise.race([taken(copy, slice.text), ended]);
    }
    copy.end();
    await ended;
  } catch (error) {
    // Else the server waits for more text, and the ROLLBACK behind it waits for the server.
    if (!isRefused) copy.destroy();
    throw error;
  }
}

/** Resolves once the socket has handed all of the text to the system. */
function taken(copy: CopyStreamQuery, text: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    copy.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** The chunk's rows. Those that do not fit are left out: the census counted them. */
function* slicesOf(file: PageFile, chunk: Chunk): Generator<Slice> {
  const { units, encoding } = chunk.table;
  const scanner = new RowScanner(file);
  const text = new RowText(encoding.encoders, SLICE_BYTES * 2);
  let rows = 0;
  for (let unit = chunk.from; unit < chunk.to; unit += UNITS_PER_STEP) {
    scanner.scan(
      units,
      unit,
      Math.min(unit + UNITS_PER_STEP, chunk.to),
      (bytes, start, end, rowid) => {
        if (text.write(bytes, start, end, rowid) === -1) rows++;
      },
    );
    if (text.length < SLICE_BYTES && unit + UNITS_PER_STEP < chunk.to) continue;
    yield { rows, text: text.written() };
    rows = 0;
    text.clear();
  }
}
