/** How far a change log was read. */
export interface Position {
  /** The highest sequence number seen in the log. */
  sequence: number;
  /**
   * What else a Postgres log needs: sequence numbers are not in commit order there, so this is the
   * snapshot (`pg_current_snapshot()`) whose entries were read. Null for SQLite, and for the origin.
   */
  snapshot: string | null;
}

/** Before the first entry of an epoch. Each epoch's log begins empty. */
export const ORIGIN: Position = { sequence: 0, snapshot: null };

export function isSamePosition(one: Position, other: Position): boolean {
  return one.sequence === other.sequence && one.snapshot === other.snapshot;
}
