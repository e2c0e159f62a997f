import type { Position, StoreKind } from '../store/store.js';

/** Where a player's last write is, as the bots of both stacks note it for each other. */

/** A store of one kind cannot read the positions of the other, so they carry the kind. */
export function noted(kind: StoreKind, position: Position | null): string {
  return `${kind}:${position ?? ''}`;
}

/**
 * What a reader on a store of this kind has to be behind of. A write of the other kind is in the
 * store that is the authority by now, but nobody can tell since which position.
 */
export function behindOf(
  note: string | null | 'unknown',
  kind: StoreKind,
): Position | null | 'unknown' {
  if (note === null) return null;
  if (!note.startsWith(`${kind}:`)) return 'unknown';
  // A single file has no copies that could be behind, and no positions.
  return note.slice(kind.length + 1) || null;
}
