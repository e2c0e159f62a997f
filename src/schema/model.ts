/** SQLite's type affinities: https://www.sqlite.org/datatype3.html, section 3. */
export type Affinity = 'integer' | 'text' | 'blob' | 'real' | 'numeric';

export interface SourceColumn {
  name: string;
  /** As written, `''` when there is none. */
  declaredType: string;
  affinity: Affinity;
  notNull: boolean;
  /** SQL text of the DEFAULT clause, null when there is none. */
  defaultSql: string | null;
  collation: 'BINARY' | 'NOCASE' | 'RTRIM' | (string & {});
  generated: 'virtual' | 'stored' | null;
  /** SQL text of the expression of a generated column, without the outer parentheses. */
  generatedSql: string | null;
}

export interface SourceIndexColumn {
  /** Column name, or null for an expression. */
  name: string | null;
  /** SQL text of the expression, null for a plain column. */
  expressionSql: string | null;
  descending: boolean;
  collation: string;
}

export interface SourceIndex {
  name: string;
  unique: boolean;
  /** `create`: CREATE INDEX; `unique`: a UNIQUE constraint; `primary`: a PRIMARY KEY. */
  origin: 'create' | 'unique' | 'primary';
  columns: SourceIndexColumn[];
  /** SQL text behind WHERE, null for a full index. */
  whereSql: string | null;
}

export interface SourceForeignKey {
  /** Child columns, in order. */
  columns: string[];
  parentTable: string;
  /** Parent columns, in order; resolved to the parent's primary key when the DDL leaves them out. */
  parentColumns: string[];
  onUpdate: string;
  onDelete: string;
  deferred: boolean;
}

export interface SourceTable {
  name: string;
  sql: string;
  rootPage: number;
  withoutRowid: boolean;
  strict: boolean;
  autoincrement: boolean;
  /** In declared order. Hidden columns of virtual tables never get here. */
  columns: SourceColumn[];
  /** Primary key columns in key order; empty when none is declared. */
  primaryKey: string[];
  /** The column that is the rowid (`INTEGER PRIMARY KEY`), or null. */
  rowidAlias: string | null;
  indexes: SourceIndex[];
  foreignKeys: SourceForeignKey[];
  /** CHECK constraints: SQL text without the outer parentheses. */
  checks: { name: string | null; sql: string }[];
  /** Value of `sqlite_sequence` for an AUTOINCREMENT table that ever had a row. */
  sequence: bigint | null;
}

/** Something in the source that is no table of rows, and so does not move. */
export interface SourceExtra {
  kind: 'view' | 'trigger' | 'virtual table' | 'shadow table';
  name: string;
  sql: string | null;
}

export interface SourceSchema {
  encoding: 'utf8' | 'utf16le' | 'utf16be';
  tables: SourceTable[];
  extras: SourceExtra[];
}

/** What the target calls a column's type. */
export type TargetType =
  | 'bigint'
  | 'double precision'
  | 'numeric'
  | 'boolean'
  | 'text'
  | 'bytea'
  | 'timestamp'
  | 'date'
  | 'uuid'
  | 'json';

/** Where a row lies in the snapshot; enough to find it again and print its key. */
export interface RowLocator {
  unit: number;
  row: number;
}

/** Kinds of value that may not fit a column; each keeps the first few places where it was seen. */
export type ValueKind =
  | 'null'
  | 'integer'
  | 'real'
  | 'text'
  | 'blob'
  | 'not 0 or 1'
  | 'overflowed integer'
  | 'unsafe integer'
  | 'NUL in text'
  | 'not UTF-8'
  | 'infinity';

/** Shapes of text that may be a date or a time, by their bytes alone. */
export type TextShape =
  | 'YYYY-MM-DD'
  | 'YYYY-MM-DDTHH:MM:SS'
  | 'YYYY-MM-DDTHH:MM:SS.ffffff'
  | 'YYYY-MM-DD HH:MM:SS'
  | 'YYYY-MM-DD HH:MM:SS.fff'
  | 'with zone'
  | 'digits'
  | 'empty'
  | 'other';

/** How far from zero, and how near, the doubles are that are not zero. */
export interface Reach {
  largest: number;
  smallest: number;
}

/** What a full pass over one column found. */
export interface ColumnCensus {
  rows: number;
  counts: Record<ValueKind, number>;
  integerMin: bigint | null;
  integerMax: bigint | null;
  realMin: number | null;
  realMax: number | null;
  /** The distance from zero of the real number nearest to it that is not zero. */
  realNearest: number | null;
  textBytesMax: number;
  blobBytesMax: number;
  shapes: Record<TextShape, number>;
  /**
   * The first rows in which a kind of value or a shape of text was seen. Overflowed integers are
   * counted as `real`, too, and their rows are not among those of `real`.
   */
  seenAt: Partial<Record<ValueKind | TextShape, RowLocator[]>>;
}

/** What the config says about one column. */
export interface ColumnRule {
  type?: TargetType | undefined;
  /** What to do with a value the type cannot hold. */
  onBadValue?: 'fail' | 'reject' | 'null' | 'strip-nul' | Record<string, string | null> | undefined;
}

export interface ColumnPlan {
  source: SourceColumn;
  targetName: string;
  type: TargetType;
  /** One clause for the report: why this type. */
  why: string;
  rule: ColumnRule | null;
  /** The column holds NULLs, or held some when it was counted. */
  holdsNull?: boolean | undefined;
  /** Longest text or blob in it when it was counted, bytes. */
  bytesMax?: number | undefined;
  /** Of its integers, when it is a `bigint`: none is further from zero, nor will be for long. */
  magnitude?: bigint | undefined;
  /** Of its numbers, when it is a `double precision`, those that may be written later included. */
  reach?: Reach | undefined;
  /** How its text looks, when the type is `timestamp` or `date`: what the way back writes. */
  textForm?: TimeTextForm | undefined;
  /**
   * Target SQL of the expression of a generated column. A generated column without it has no
   * certain translation and is not in the target.
   */
  generatedAs?: string | undefined;
}

/** One way of writing a time that Postgres's own form can be turned back into, to the byte. */
export type TimeTextForm =
  | 'YYYY-MM-DD'
  | 'YYYY-MM-DD HH:MM:SS'
  | 'YYYY-MM-DD HH:MM:SS.fff'
  /** Python's isoformat(): with a T, and a fraction of six digits or none. */
  | 'YYYY-MM-DDTHH:MM:SS[.ffffff]';

export interface TablePlan {
  source: SourceTable;
  targetName: string;
  /** In declared order, generated columns included. */
  columns: ColumnPlan[];
  rows: number;
  /** The rowid alias, and a value above every one it ever had; null when there is none. */
  identity?: { column: string; nextValue: bigint } | null | undefined;
}

/** A value that the proposed type cannot hold: the run stops before anything is changed. */
export interface ColumnProblem {
  table: string;
  column: string;
  kind: ValueKind;
  count: number;
  /** One sentence about what is wrong. */
  message: string;
  /** Config or flag choices, each one line an operator can act on. */
  choices: string[];
  seenAt: RowLocator[];
}

/** Something of the schema that has no certain translation and is left out. */
export interface Untranslated {
  table: string;
  what:
    | 'check'
    | 'not null'
    | 'default'
    | 'index'
    | 'unique index'
    | 'foreign key'
    | 'generated column'
    | 'primary key'
    | 'identity'
    | 'collation'
    | 'name'
    | 'view'
    | 'trigger'
    | 'virtual table'
    | 'shadow table';
  name: string;
  sql: string;
  reason: string;
  /** Rows that stand in the way, when that is why. */
  count?: number;
  /** Keys of the first of them. */
  keys?: string[];
}
