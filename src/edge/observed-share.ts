import type { EdgeFiles } from './edge-files.js';

/** A place in the access log, to be kept as JSON. */
export interface LogPosition {
  /** Of the file; empty when there was none yet. */
  id: string;
  /** Bytes. */
  offset: number;
}

export interface ServerCount {
  requests: number;
  /** Of them, those that were answered with 500 or above. */
  failures: number;
}

export interface Observed {
  /** By the address of the server that had the last word. */
  servers: Map<string, ServerCount>;
  /** Requests that no server could take. */
  unserved: number;
  requests: number;
}

/** The end of the access log: what is logged from now on comes after it. */
export async function endOfLog(files: EdgeFiles, path: string): Promise<LogPosition> {
  const found = await files.stat(path);
  return found === undefined ? { id: '', offset: 0 } : { id: found.id, offset: found.bytes };
}

export function nothingObserved(): Observed {
  return { servers: new Map(), unserved: 0, requests: 0 };
}

/**
 * Counts the whole lines after the position that one generation routed: a request that an old
 * worker finishes late says so itself. A log that was rotated is read to the end under its new
 * name, where that can be found, before the new one.
 *
 * @param into counted on
 * @returns where to go on
 */
export async function countFrom(
  position: LogPosition,
  { files, path, generation }: { files: EdgeFiles; path: string; generation: string },
  into: Observed,
): Promise<LogPosition> {
  const found = await files.stat(path);
  if (found === undefined) return position;
  const count = async (from: string, offset: number) => {
    const bytes = await files.readFrom(from, offset);
    const length = bytes.lastIndexOf('\n') + 1;
    countLines(bytes.toString('latin1', 0, length), generation, into);
    return offset + length;
  };
  if (found.id === position.id) {
    // Shorter than before: emptied in place, and begun again.
    const offset = found.bytes < position.offset ? 0 : position.offset;
    return { id: found.id, offset: await count(path, offset) };
  }
  const rotated = position.id === '' ? undefined : await files.find(path, position.id);
  if (rotated !== undefined) {
    const offset = await count(rotated, position.offset);
    // As long as Nginx has not opened the new file it writes to the old one.
    if (found.bytes === 0) return { id: position.id, offset };
  }
  return { id: found.id, offset: await count(path, 0) };
}

function countLines(text: string, generation: string, into: Observed): void {
  for (const line of text.split('\n')) {
    const [, ofGeneration, status, , ...tried] = line.split(' ');
    // "10.0.1.10:8443, 10.0.1.11:8443" when a second one was asked; a bare name when none could be.
    const address = tried.at(-1);
    if (ofGeneration !== generation || address === undefined || address === '-') continue;
    into.requests++;
    if (!address.includes(':')) {
      into.unserved++;
      continue;
    }
    const server = into.servers.get(address) ?? { requests: 0, failures: 0 };
    server.requests++;
    if (Number(status) >= 500) server.failures++;
    into.servers.set(address, server);
  }
}
