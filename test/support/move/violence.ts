import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { RunningProcess } from '../process.js';

/** What befalls a move while the authority changes. */
export type Violence =
  /** The process is killed at a fault point, `NAME` or `NAME:nth`, or so many ms after its start. */
  | { kind: 'killed'; whom: 'follow' | 'switch'; at: string | number }
  /** It is stopped there, and wakes up when somebody else has gone on. */
  | { kind: 'stopped'; whom: 'follow' | 'switch'; at: string | number }
  /** Every process of Postgres is killed, ms after the start of the switch; it is back later. */
  | { kind: 'postgres crashes'; at: number; downMs: number }
  /** Connections of cardctl are cut, ms after the start of the switch. */
  | { kind: 'connections cut'; at: number; players: boolean };

/** The environment in which a process does itself what befalls it; nothing when it is done to it. */
export function faultPointOf(violence: Violence, whom: 'follow' | 'switch'): string | undefined {
  if (violence.kind !== 'killed' && violence.kind !== 'stopped') return undefined;
  if (violence.whom !== whom || typeof violence.at === 'number') return undefined;
  if (violence.kind === 'killed') return violence.at;
  return `${violence.at}${violence.at.includes(':') ? '' : ':1'}:stop`;
}

/** Resolves once a process has ended or stands still; false when it did neither within `ms`. */
export async function endedOrStopped(running: RunningProcess, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (performance.now() < deadline) {
    if (running.child.exitCode !== null || running.child.signalCode !== null) return true;
    if (isStopped(running)) return true;
    await sleep(10);
  }
  return false;
}

/** Linux only; elsewhere nothing is. */
export function isStopped({ child }: RunningProcess): boolean {
  try {
    return /^\d+ \(.*\) T/.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Ends the server's sessions of cardctl, and of players if asked to. */
export async function cutConnections(adminUrl: string, players: boolean): Promise<number> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND (application_name LIKE 'cardctl%' OR ($1 AND application_name = 'player'))`,
      [players],
    );
    return rowCount ?? 0;
  } finally {
    await client.end();
  }
}
