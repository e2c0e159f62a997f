/** What the engine tells whoever called it. Facts only: the CLI chooses the pixels. */
export type ReportEvent = StepEvent | ProgressEvent | LookEvent | PlayEvent | NoteEvent;

/** A step of the run began or ended. */
export interface StepEvent {
  type: 'step';
  step: string;
  state: 'started' | 'done' | 'skipped' | 'failed';
  /** Wall time since the step started; absent on `started`. */
  seconds?: number;
  /** One short clause about the outcome, e.g. `183,000 pages, writers held 0.61 s`. */
  detail?: string;
}

/** How far one task within a step has come (a table being copied, a file being compressed). */
export interface ProgressEvent {
  type: 'progress';
  step: string;
  task: string;
  unit: 'rows' | 'bytes' | 'pages' | 'keys';
  done: number;
  total: number;
  /** Bytes moved so far, when the unit is something else. */
  bytes?: number;
}

/** What is seen of a move at one moment, while somebody watches it. Null is what is not known. */
export interface LookEvent {
  type: 'look';
  step: string;
  /** Of the traffic to the fleet, percent. */
  percentWanted: number;
  percentSeen: number | null;
  /** Of all that came in, to either stack. */
  requestsPerSecond: number | null;
  /** Of the updates that the fleet has answered while it was watched. */
  errors: { hits: number; of: number } | null;
  p99Ms: number | null;
  /** How far the side that follows is behind. */
  lagMs: number | null;
  authority: 'sqlite' | 'postgres';
  epoch: number;
  gates: { gate: string; verdict: 'pass' | 'hold' | 'fail'; reason: string }[];
}

/** How simulated players fared since the last such event, about a second ago. */
export interface PlayEvent {
  type: 'play';
  phase: 'load' | 'drain';
  elapsedSeconds: number;
  duePerSecond: number;
  acknowledgedPerSecond: number;
  /** From when an update was due until it was answered, retries included; 0 when none was. */
  p99Ms: number;
  /** Attempts that failed, since the beginning. */
  errors: number;
  /** Updates that are due and not acknowledged. */
  backlog: number;
}

export interface NoteEvent {
  type: 'note';
  level: 'info' | 'warning';
  message: string;
}

export type Report = (event: ReportEvent) => void;
