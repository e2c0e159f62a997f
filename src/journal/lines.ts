export type JournalEvent =
  | 'run started'
  | 'step started'
  | 'step done'
  | 'step failed'
  | 'run done'
  | 'run failed';

/** One line of `journal.ndjson`. */
export interface JournalLine {
  version: 1;
  /** UTC, ISO 8601. */
  at: string;
  run: string;
  event: JournalEvent;
  command: string;
  step?: string;
  /** What tells a run from others; the numbers of a step. */
  facts?: Record<string, unknown>;
  /** A sentence for a step, an object for a run. */
  result?: unknown;
  error?: { code: string; message: string };
}

/** A line that is whole and of this version, or undefined. */
export function parseLine(text: string): JournalLine | undefined {
  try {
    const value = JSON.parse(text) as Partial<JournalLine> | null;
    const isLine =
      value?.version === 1 &&
      [value.at, value.run, value.event, value.command].every((part) => typeof part === 'string');
    return isLine ? (value as JournalLine) : undefined;
  } catch {
    return undefined;
  }
}
