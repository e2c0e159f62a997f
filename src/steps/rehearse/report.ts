/** What a rehearsal found. Plain data, fit for JSON. */
export interface RehearsalReport {
  result: 'passed' | 'held' | 'rolled back' | 'stopped' | 'cannot be moved';
  /** Why it was not passed; empty when it was. */
  reason: string;
  /** Of writes, at both changes of authority; and of writers, while the file was copied. */
  pauses: { what: string; ms: number }[];
  /** How long each step of the way there and back took. */
  steps: { step: string; seconds: number; outcome: string }[];
  real: RealTimes;
  /** What would have gone wrong, or has to be known. */
  findings: string[];
  players: {
    updates: number;
    errors: number;
    /** From when an update was due until it was answered, retries included. */
    p99Ms: number;
    maxMs: number;
    writesChecked: number;
  } | null;
  /** Each move that was acknowledged counts once; null when nobody played. */
  isBalanced: boolean | null;
  /** The first moves that do not. */
  unbalanced: string[];
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

export function stepTimes(entries: readonly RehearsedStep[]): RehearsalReport['steps'] {
  return entries.flatMap(({ step, beganAt, endedAt, outcome }) =>
    endedAt === null ? [] : [{ step, seconds: secondsBetween(beganAt, endedAt), outcome }],
  );
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
  steps: RehearsalReport['steps'],
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

function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1_000;
}
