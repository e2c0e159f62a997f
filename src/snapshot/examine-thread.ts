import { threadBeside } from '../lib/beside.js';
import { fromWire, type WireError } from '../lib/wire-error.js';
import type { SourceTable } from '../schema/model.js';
import type { ExaminedTable, MissingValues } from './examine-table.js';

type Counted = [string, Omit<ExaminedTable, 'units'>];

export interface ThreadRequest {
  path: string;
  tables: SourceTable[];
  missing: MissingValues;
}

export type ThreadMessage =
  | { type: 'pages'; pages: number }
  | { type: 'done'; tables: Counted[] }
  | { type: 'failed'; error: WireError };

/**
 * Examines tables in a thread of their own.
 *
 * @throws CardctlError what the thread threw; the abort's reason when the signal ends it
 */
export async function examineInThread(
  path: string,
  tables: SourceTable[],
  missing: MissingValues,
  signal: AbortSignal,
  onPages: (pages: number) => void,
): Promise<Counted[]> {
  const request: ThreadRequest = { path, tables, missing };
  const worker = threadBeside(import.meta.url, 'examine-thread-main', request);
  try {
    return await new Promise<Counted[]>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      worker.once('error', reject);
      worker.on('message', (message: ThreadMessage) => {
        if (message.type === 'pages') onPages(message.pages);
        else if (message.type === 'done') resolve(message.tables);
        else reject(fromWire(message.error));
      });
    });
  } finally {
    await worker.terminate();
  }
}
