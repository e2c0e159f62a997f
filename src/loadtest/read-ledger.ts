import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { CardctlError, codeOf, messageOf } from '../lib/errors.js';
import { isWrite, KINDS, type Kind } from './kinds.js';
import type { LedgerLine } from './ledger.js';

/** A ledger in memory: 11 bytes an update. Update ids are given by `index = id - firstUpdateId`. */
export interface ReadLedger {
  readonly firstUpdateId: number;
  /** One more than the highest id that was sent. */
  readonly nextUpdateId: number;
  /** False when the tool was killed: acknowledgements of its last moments may be missing. */
  readonly isWhole: boolean;
  /** What was sent under this id, or undefined. */
  sent(updateId: number): { userId: number; kind: Kind; isWrite: boolean } | undefined;
  /** How often the ledger says that it was acknowledged. */
  acknowledgements(updateId: number): number;
  /** Whether somebody's own bot acknowledged it. */
  isByForeign(updateId: number): boolean;
}

/**
 * Reads the ledger of a load test, also one that a killed tool left with half a line at its end.
 *
 * @throws CardctlError `usage` when it cannot be read or is not a ledger
 */
export async function readLedger(path: string): Promise<ReadLedger> {
  let firstUpdateId: number | undefined;
  let nextUpdateId = 0;
  let isWhole = false;
  let users = new Float64Array(1_024);
  let kinds = new Uint8Array(1_024);
  let acknowledged = new Uint8Array(1_024);
  let byForeign = new Uint8Array(1_024);
  const indexOf = (updateId: number) => updateId - (firstUpdateId ?? 0);

  for await (const line of linesOf(path)) {
    if (firstUpdateId === undefined) {
      if (!('version' in line) || line.version !== 1) throw notALedger(path);
      firstUpdateId = line.firstUpdateId;
      nextUpdateId = firstUpdateId;
    } else if ('sent' in line) {
      const index = indexOf(line.sent);
      if (index >= users.length) {
        const length = Math.max(index + 1, users.length * 2);
        [users, kinds] = [grown(users, length), grown(kinds, length)];
        [acknowledged, byForeign] = [grown(acknowledged, length), grown(byForeign, length)];
      }
      users[index] = line.user;
      kinds[index] = KINDS.indexOf(line.kind) + 1;
      nextUpdateId = Math.max(nextUpdateId, line.sent + 1);
    } else if ('acknowledged' in line) {
      const index = indexOf(line.acknowledged);
      acknowledged[index] = (acknowledged[index] ?? 0) + 1;
      if (line.foreign === true) byForeign[index] = 1;
    } else if ('end' in line) {
      isWhole = true;
    }
  }
  if (firstUpdateId === undefined) throw notALedger(path);
  return {
    firstUpdateId,
    nextUpdateId,
    isWhole,
    sent: (updateId) => {
      const index = indexOf(updateId);
      const kind = KINDS[(kinds[index] ?? 0) - 1];
      const userId = users[index];
      if (kind === undefined || userId === undefined) return undefined;
      return { userId, kind, isWrite: isWrite(kind) };
    },
    acknowledgements: (updateId) => acknowledged[indexOf(updateId)] ?? 0,
    isByForeign: (updateId) => byForeign[indexOf(updateId)] === 1,
  };
}

async function* linesOf(path: string): AsyncGenerator<LedgerLine> {
  try {
    const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
    for await (const text of lines) {
      const line = parse(text);
      if (line !== undefined) yield line;
    }
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw new CardctlError('usage', `cannot read the ledger ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The last line of a killed tool may be half a line. */
function parse(text: string): LedgerLine | undefined {
  try {
    return JSON.parse(text) as LedgerLine;
  } catch {
    return undefined;
  }
}

function grown<Numbers extends Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(
  numbers: Numbers,
  length: number,
): Numbers {
  const larger = new (numbers.constructor as new (length: number) => Numbers)(length);
  larger.set(numbers);
  return larger;
}

function notALedger(path: string): CardctlError {
  return new CardctlError('usage', `${path} is not the ledger of a load test`, {
    hint: 'give the file that cardctl loadtest wrote',
  });
}
