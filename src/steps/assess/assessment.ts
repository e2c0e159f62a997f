import type { JournalMode } from '../../drivers/sqlite.js';
import type {
  Affinity,
  TargetType,
  TextShape,
  Untranslated,
  ValueKind,
} from '../../schema/model.js';
import type { Expected } from '../../snapshot/expected-seconds.js';
import type { BrokenCheck, BrokenReference, UncheckedCheck } from '../../snapshot/measured-plan.js';

/** What there is to know of a source before anything is done to it. Plain data, fit for JSON. */
export interface Assessment {
  source: SourceFacts;
  /** Whether it is time to move, by the guide's thresholds. */
  readiness: Readiness;
  expected: ExpectedTimes;
  /** False while there are problems, or no tables: migrate would refuse. */
  canMigrate: boolean;
  problems: Problem[];
  /** What cannot be moved, or not as it is. */
  notMoved: Untranslated[];
  brokenForeignKeys: BrokenReference[];
  /** Tables whose foreign keys SQLite itself cannot check. */
  uncheckedForeignKeys: { table: string; reason: string }[];
  brokenChecks: BrokenCheck[];
  /** Checks that SQLite cannot evaluate without the application. */
  uncheckedChecks: UncheckedCheck[];
  /** Copied like any other. To follow their changes live they would need a primary key. */
  tablesWithoutKey: string[];
  tables: AssessedTable[];
}

export interface SourceFacts {
  path: string;
  bytes: number;
  pageSize: number;
  pageCount: number;
  journalMode: JournalMode;
  encoding: 'utf8' | 'utf16le' | 'utf16be';
  /** Of the SQLite that wrote to it last, e.g. `3.40.1`; null when the file does not say. */
  sqliteVersion: string | null;
  tables: number;
  rows: number;
}

export type Verdict = 'not yet' | 'plan' | 'start';

export interface Readiness {
  verdict: Verdict;
  /** One sentence each. */
  reasons: string[];
  thresholds: Threshold[];
}

/** One of the guide's thresholds, held against what was found. */
export interface Threshold {
  name: 'users' | 'active at once' | 'size' | 'response time';
  /** Null when it cannot be known from the file. */
  value: number | null;
  unit: 'users' | 'bytes' | 'seconds';
  /** In words: `above 3,000 plan, from 5,000 start`. */
  threshold: string;
  verdict: Verdict | 'unknown';
  /** How the value was found, or why it was not. */
  basis: string;
}

export interface ExpectedTimes {
  /** How long the bot's writes wait while a snapshot is taken. */
  writersHeld: Expected;
  backup: Expected;
  /** Copying the rows, then indexes and keys. */
  load: Expected;
  /** Size of a compressed backup, bytes. */
  backupBytes: number;
}

/** Values that the proposed type cannot hold. */
export interface Problem {
  table: string;
  column: string;
  kind: ValueKind;
  count: number;
  message: string;
  keys: string[];
  choices: string[];
}

export interface AssessedTable {
  name: string;
  targetName: string;
  rows: number;
  /** Rows that are left out because the configuration says so. */
  rejectedRows: number;
  /** Of the table's own pages, bytes. */
  bytes: number;
  /** Of its indexes' pages, bytes. */
  indexBytes: number;
  columns: AssessedColumn[];
}

export interface AssessedColumn {
  name: string;
  targetName: string;
  declaredType: string;
  affinity: Affinity;
  notNull: boolean;
  generated: 'virtual' | 'stored' | null;
  type: TargetType;
  why: string;
  /** Null for a virtual column: nothing is stored. */
  values: ColumnValues | null;
}

export interface ColumnValues {
  /** By storage class, those that occur. */
  classes: Partial<Record<'null' | 'integer' | 'real' | 'text' | 'blob', number>>;
  /** Lowest and highest, as text: an integer may be above 2^53, a real may be infinite. */
  integers: { min: string; max: string } | null;
  reals: { min: string; max: string } | null;
  /** Longest, bytes. */
  textBytesMax: number;
  blobBytesMax: number;
  /** Texts that are a date or a time by their shape, and which shapes; those that occur. */
  dates: { count: number; shapes: Partial<Record<TextShape, number>> };
  /** Texts of digits alone: a Unix time, maybe. */
  digitTexts: number;
  /** Values that want care, those kinds that occur. */
  oddities: Partial<Record<ValueKind, number>>;
}
