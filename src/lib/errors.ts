/** Which side a failure belongs to; `src/cli/exit-codes.ts` maps it to the exit code. */
export type ErrorCode =
  | 'usage'
  | 'refused'
  | 'source'
  | 'target'
  | 'edge'
  | 'partway'
  | 'rolled-back'
  | 'interrupted'
  | 'internal';

interface ErrorFacts {
  /** What to do next, ideally a command to run. */
  hint?: string;
  cause?: unknown;
  /** Machine-readable facts for `--json`. Never a secret. */
  details?: Record<string, unknown>;
}

/** The one error family: a side, a sentence, the next command, and what caused it. */
export class CardctlError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'CardctlError';
    this.code = code;
    this.hint = facts.hint;
    this.details = facts.details ?? {};
  }
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` that Node, SQLite and Postgres put on their errors, or undefined. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
