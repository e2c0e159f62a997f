import type { IncomingMessage } from 'node:http';
import type { Update } from 'grammy/types';

/** As Nginx has it: an update is some kilobytes. */
const BODY_BYTES_MAX = 1_048_576;

export type Body = Buffer | 'oversized' | 'aborted';

/** Reads a request to its end, unless it is more than an update can be. */
export function readBody(request: IncomingMessage): Promise<Body> {
  if (Number(request.headers['content-length']) > BODY_BYTES_MAX) {
    return Promise.resolve('oversized');
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
      else resolve('oversized');
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    // After 'end' it changes nothing.
    request.on('close', () => resolve('aborted'));
  });
}

/** Update ids as a peer sends them, or null when they are none. */
export function parseIds(raw: Buffer): bigint[] | null {
  try {
    const ids: unknown = JSON.parse(raw.toString());
    if (!Array.isArray(ids) || !ids.every((id) => /^\d{1,18}$/.test(String(id)))) return null;
    return ids.map((id) => BigInt(id as string));
  } catch {
    return null;
  }
}

/** The update in a body, or null when there is none. */
export function parseUpdate(raw: Buffer): Update | null {
  let update: unknown;
  try {
    update = JSON.parse(raw.toString());
  } catch {
    return null;
  }
  if (typeof update !== 'object' || update === null) return null;
  const { update_id } = update as Partial<Update>;
  return Number.isSafeInteger(update_id) ? (update as Update) : null;
}
