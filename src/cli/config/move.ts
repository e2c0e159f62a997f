import type { Body } from './schema.js';

/** How the live move is done. */
export interface MoveConfig {
  readonly follow: {
    /** Where the follow process has its `/metrics`; null: nowhere. */
    readonly listen: { readonly host: string; readonly port: number } | null;
  };
  readonly promote: {
    /** How long writers that had begun are waited for, milliseconds. */
    readonly drainMsMax: number;
    /** How long the follower may take to catch up once nobody may write, milliseconds. */
    readonly catchUpMsMax: number;
    /** How far behind the follower may be when the fence goes up, log entries. */
    readonly backlogMax: number;
  };
}

export function moveOf({ follow, promote }: Pick<Body, 'follow' | 'promote'>): MoveConfig {
  return {
    follow: { listen: follow?.listen === undefined ? null : hostAndPort(follow.listen) },
    promote: {
      drainMsMax: promote?.drainMsMax ?? 2_000,
      catchUpMsMax: promote?.catchUpMsMax ?? 5_000,
      backlogMax: promote?.backlogMax ?? 1_000,
    },
  };
}

function hostAndPort(written: string): { host: string; port: number } {
  const at = written.lastIndexOf(':');
  return {
    host: written.slice(0, at).replace(/^\[|\]$/g, ''),
    port: Number(written.slice(at + 1)),
  };
}
