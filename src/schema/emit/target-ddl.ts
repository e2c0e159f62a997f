import type { Untranslated } from '../model.js';
import type { PlannedTables } from '../plan.js';

/** The SQL that makes the target, in the order in which it is run; tables by target name. */
export interface TargetDdl {
  /** Without keys, so that rows can be loaded fast, and without checks, which rows may break. */
  tables: { table: string; sql: string }[];
  keys: KeyDdl[];
  indexes: IndexDdl[];
  checks: CheckDdl[];
  foreignKeys: ForeignKeyDdl[];
  /** Run after the load: the next id is above every one that was ever issued. */
  sequences: { table: string; column: string; nextValue: bigint; sql: string }[];
  /** What has no certain translation, beyond what `planTables` reports. */
  untranslated: Untranslated[];
}

/** The index is built first, beside others of its table; making it a constraint takes no time. */
export interface KeyDdl {
  table: string;
  name: string;
  indexSql: string;
  sql: string;
  unique: true;
  kind: 'primary key' | 'unique';
}

export interface IndexDdl {
  table: string;
  name: string;
  sql: string;
  unique: boolean;
}

/** A rule that the source declared, and that rows of it may break all the same. */
export interface CheckDdl {
  table: string;
  name: string;
  /** NOT VALID: rows that are there already are not looked at. */
  addSql: string;
  validateSql: string;
  /** Rows that break it: how many there are (`broken`) and the `key` of the first $1. */
  brokenSql: string;
}

export interface ForeignKeyDdl extends CheckDdl {
  parent: string;
}

/** The columns that an index keeps unique, by target name; empty when it does no such thing. */
export interface UniqueColumns {
  table: string;
  columns: string[];
}

/** What the parts of the DDL are made from. */
export interface EmitContext extends PlannedTables {
  /** A relation's name, quoted, with its schema. */
  qualified: (name: string) => string;
}
