/** A refusal in Telegram's words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly description: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(description);
    this.name = 'ApiError';
  }
}

/** How the Bot API misbehaves. */
export type Fault =
  | { kind: 'flood'; retryAfterSeconds: number }
  | { kind: 'query is too old' }
  | { kind: 'server error'; status: number }
  | { kind: 'slow'; ms: number }
  /** The connection is reset without an answer. */
  | { kind: 'reset' };

export interface FaultRule {
  /** Any method when left out. Case does not matter. */
  method?: string;
  /** How many calls it hits; without a limit when left out. */
  times?: number;
  /** The share of calls that it hits, 0 to 1; all when left out. */
  share?: number;
  fault: Fault;
}

/** @returns a function that gives the fault of a call: of the first rule that hits it */
export function createFaults(
  rules: readonly FaultRule[],
  roll: () => number,
): (method: string) => Fault | undefined {
  const left = rules.map((rule) => ({ ...rule, times: rule.times ?? Infinity }));
  return (method) => {
    const rule = left.find(
      ({ method: only, times, share = 1 }) =>
        times > 0 &&
        (only === undefined || only.toLowerCase() === method.toLowerCase()) &&
        (share === 1 || roll() < share),
    );
    if (rule === undefined) return undefined;
    rule.times -= 1;
    return rule.fault;
  };
}

/** @throws ApiError for the faults that are refusals */
export function refuse(fault: Fault | undefined): void {
  if (fault?.kind === 'flood') {
    const { retryAfterSeconds } = fault;
    const description = `Too Many Requests: retry after ${retryAfterSeconds}`;
    throw new ApiError(429, description, retryAfterSeconds);
  }
  if (fault?.kind === 'query is too old') throw queryTooOld();
  if (fault?.kind === 'server error') throw new ApiError(fault.status, 'Internal Server Error');
}

export function queryTooOld(): ApiError {
  return new ApiError(
    400,
    'Bad Request: query is too old and response timeout expired or query ID is invalid',
  );
}
