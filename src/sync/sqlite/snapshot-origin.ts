import type Database from 'better-sqlite3';
import { CardctlError } from '../../lib/errors.js';
import type { Position } from '../position.js';

/** Where a copy of the source stands in the source's change log. */
export interface SnapshotOrigin {
  sourceId: string;
  epoch: number;
  position: Position;
}

/**
 * Reads it from the copy itself: its change log was copied at the same moment as its rows.
 *
 * @throws CardctlError `refused` when it was taken without capture
 */
export function readSnapshotOrigin(db: Database.Database): SnapshotOrigin {
  const hasLog = db
    .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'cardctl_change'`)
    .get();
  if (hasLog === undefined) {
    throw new CardctlError('refused', 'the snapshot was taken before changes were logged', {
      hint: 'load it anew: cardctl migrate --follow --clean',
    });
  }
  const row = db
    .prepare(
      `SELECT (SELECT source_id FROM cardctl_state WHERE id = 1) AS sourceId,
              (SELECT epoch FROM cardctl_authority WHERE id = 1) AS epoch,
              (SELECT coalesce(max(seq), 0) FROM cardctl_change) AS sequence`,
    )
    .get() as { sourceId: string; epoch: bigint; sequence: bigint };
  return {
    sourceId: row.sourceId,
    epoch: Number(row.epoch),
    position: { sequence: Number(row.sequence), snapshot: null },
  };
}
