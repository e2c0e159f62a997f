import type { SideFacts } from '../sync/side.js';
import type { MoveStatus } from './engine/move-status.js';
import { formatCount, formatSeconds } from './render/format.js';

/** Where a live move stands, a line for each thing; none when there is no move. */
export function moveText(move: MoveStatus): string[] {
  const { facts, unreadable, followers, proof, percent } = move;
  const problems = unreadable.map((what) => `cannot be asked: ${what}`);
  if (facts === null) return problems;
  const { authority, unfinished } = facts;
  return [
    ...problems,
    `authority: ${authority.store}, epoch ${authority.epoch}${unfinished === null ? '' : ` (${UNFINISHED[unfinished]})`}`,
    `follower:  ${followerText(move)}`,
    `followed:  ${followers.length === 0 ? 'by nobody' : `by ${followers.join(', ')}`}`,
    `equal:     ${proof === null ? 'not proven' : `${formatCount(proof.rows)} rows compared on ${proof.at.toISOString()}, and every change since`}`,
    ...(percent === null ? [] : [`traffic:   ${percent}% to the fleet`]),
  ];
}

const UNFINISHED = {
  fenced: 'nobody may write: it is about to move',
  taken: 'the other side has not been told yet',
  'given up': 'its writers are not let in again yet',
} as const;

function followerText({ facts, ageSeconds }: MoveStatus): string {
  if (facts === null) return '';
  const store = facts.authority.store === 'sqlite' ? 'postgres' : 'sqlite';
  const { applied }: SideFacts = facts[store];
  if (applied === null) return `${store}, and knows nothing of this move`;
  const { sequence } = facts[facts.authority.store].logged;
  const behind = Math.max(0, sequence - applied.position.sequence);
  const age = ageSeconds === null ? '' : `, had everything ${formatSeconds(ageSeconds)} ago`;
  return `${store}, at ${formatCount(applied.position.sequence)} of ${formatCount(sequence)}: ${formatCount(behind)} behind${age}`;
}
