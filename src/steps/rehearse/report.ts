/** What a rehearsal found. Plain data, fit for JSON. */
export interface RehearsalReport {
  result: 'passed' | 'held' | 'rolled back' | 'stopped' | 'cannot be moved';
  /** Why it was not passed; empty when it was. */
  reason: string;
  /** Of writes, at both changes of authority; and of writers, while the file was copied. */
  pauses: { what: string; ms: number }[];
  /** How long each step of the way there and back took. */
  steps: StepTime[];
  real: RealTimes;
  /** What would have gone wrong, or has to be known. */
  findings: string[];
  players: {
    updates: number;
    errors: number;
    /** How often each kind of failure came: `status 502`, `timeout`, `connection ECONNRESET`. */
    errorsByKind: Record<string, number>;
    /** From when an update was due until it was answered, retries included. */
    p99Ms: number;
    maxMs: number;
    writesChecked: number;
    /** That the bots sent, to all chats together. */
    messagesPerSecond: number;
  } | null;
  /** Each move that was acknowledged counts once; null when nobody played. */
  isBalanced: boolean | null;
  /** The first moves that do not. */
  unbalanced: string[];
}

export interface StepTime {
  step: string;
  seconds: number;
  outcome: string;
  /** p99 of the answers in the worst second meanwhile; null when there were none. */
  worstP99Ms: number | null;
  /** Attempts that failed meanwhile. */
  errors: number;
}

/** What one second of play was like. */
export interface PlayedSecond {
  /** Its end, UTC, milliseconds since 1970. */
  atMs: number;
  p99Ms: number;
  /** Attempts that failed in it. */
  errors: number;
}

/** How long the real one will take, seconds. */
export interface RealTimes {
  /** Backup, load and proof: measured here, on the same data. */
  preparing: number;
  /** By step: until enough updates have come for its gates to decide. */
  gates: { percent: number; seconds: number }[];
  total: number;
}

/** A step as the journal of the rehearsal tells it. */
export interface RehearsedStep {
  step: string;
  beganAt: string;
  endedAt: string | null;
  outcome: string;
  authority: { store: string; pauseMs: number } | null;
  writersHeldMs: number | null;
}

export function stepTimes(
  entries: readonly RehearsedStep[],
  played: readonly PlayedSecond[],
): StepTime[] {
  return entries.flatMap(({ step, beganAt, endedAt, outcome }) => {
    if (endedAt === null) return [];
    const [from, to] = [Date.parse(beganAt), Date.parse(endedAt)];
    return [{ step, seconds: (to - from) / 1_000, outcome, ...playedBetween(played, from, to) }];
  });
}

/** What the seconds were like that lie, in part at least, between two times. */
export function playedBetween(
  played: readonly PlayedSecond[],
  fromMs: number,
  toMs: number,
): Pick<StepTime, 'worstP99Ms' | 'errors'> {
  const seconds = played.filter(({ atMs }) => atMs > fromMs && atMs < toMs + 1_000);
  return {
    worstP99Ms: seconds.length === 0 ? null : Math.max(...seconds.map(({ p99Ms }) => p99Ms)),
    errors: seconds.reduce((sum, { errors }) => sum + errors, 0),
  };
}

export function writePauses(entries: readonly RehearsedStep[]): RehearsalReport['pauses'] {
  return entries.flatMap(({ step, authority, writersHeldMs }) => {
    const ms = authority?.pauseMs ?? writersHeldMs;
    return ms === null ? [] : [{ what: step, ms }];
  });
}

const PREPARING = ['assess', 'backup', 'migrate', 'verify', 'warm'];

/**
 * @param updatesNeeded that the fleet must have answered for a gate to decide, by the real limits
 * @param updatesPerSecond that players of the real game send, to either stack
 */
export function realTimes(
  steps: readonly StepTime[],
  plan: { steps: readonly number[]; promoteAfter: number },
  { updatesNeeded, updatesPerSecond }: { updatesNeeded: number; updatesPerSecond: number },
): RealTimes {
  const preparing = steps
    .filter(({ step }) => PREPARING.includes(step))
    .reduce((sum, { seconds }) => sum + seconds, 0);
  const gates = plan.steps
    // The gate of the step that is promoted behind is passed twice.
    .flatMap((percent) => (percent === plan.promoteAfter ? [percent, percent] : [percent]))
    .map((percent) => ({
      percent,
      seconds: (100 * updatesNeeded) / percent / updatesPerSecond,
    }));
  const total = preparing + gates.reduce((sum, { seconds }) => sum + seconds, 0);
  return { preparing, gates, total };
}
