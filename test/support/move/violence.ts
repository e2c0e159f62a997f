import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { RunningProcess } from '../process.js';

/** A fault point, `NAME` or `NAME:nth`; or a moment, milliseconds from the start of the switch. */
export type When = string | number;

/** What befalls a move while the authority changes. */
export type Violence =
  /** Processes are killed, as by `kill -9`. */
  | { kind: 'killed'; follow?: When; switch?: When }
  /** One stands still, and wakes up when somebody else has gone on. */
  | { kind: 'stopped'; whom: 'follow' | 'switch'; at: When }
  /** Every process of Postgres is killed, and it is back later. */
  | { kind: 'postgres crashes'; at: When; downMs: number }
  /** Connections of cardctl are cut. */
  | { kind: 'connections cut'; at: When; players: boolean };

/** The environment in which a process is killed, or stands still, at a point; else undefined. */
export function faultPointOf(violence: Violence, whom: 'follow' | 'switch'): string | undefined {
  if (violence.kind === 'killed') {
    const at = violence[whom];
    return typeof at === 'string' ? at : undefined;
  }
  const victim = violence.kind === 'stopped' ? violence.whom : 'switch';
  if (victim !== whom || typeof violence.at === 'number') return undefined;
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
