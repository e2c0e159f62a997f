import type { Client } from 'pg';
import { type Authority, FIRST_AUTHORITY } from '../authority.js';
import { ORIGIN, type Position } from '../position.js';
import type { SideFacts } from '../side.js';
import type { Row } from './connection.js';
import { SCHEMA_FINGERPRINT } from './fingerprint.js';

/** @param tables digest of those that are followed, as `tablesDigest` gives it; null: whichever */
export async function readFacts(client: Client, tables: string | null): Promise<SideFacts> {
  const { rows: found } = await client.query<{ authority: string; follow: string }>(
    `SELECT to_regclass('cardctl.authority') IS NOT NULL AS authority,
            to_regclass('cardctl.follow') IS NOT NULL AS follow`,
  );
  const has = found[0];
  if (has?.follow === 't') return factsOf((await client.query<Row>(FACTS)).rows[0] ?? {}, tables);
  return {
    isInstalled: false,
    sourceId: null,
    authority: has?.authority === 't' ? await readAuthority(client) : FIRST_AUTHORITY,
    applied: null,
    logged: ORIGIN,
  };
}

const FACTS = `
  SELECT a.store, a.epoch, a.moving, f.*, f.schema IS NOT DISTINCT FROM ${SCHEMA_FINGERPRINT} AS is_whole,
         coalesce((SELECT max(id) FROM cardctl.change), 0) AS sequence,
         pg_current_snapshot() AS snapshot
    FROM cardctl.authority a, cardctl.follow f WHERE a.id = 1 AND f.id = 1`;

function factsOf(row: Row, tables: string | null): SideFacts {
  return {
    isInstalled: row.is_whole === 't' && (tables === null || row.tables === tables),
    sourceId: row.source_id ?? null,
    authority: authorityOf(row),
    applied: {
      epoch: Number(row.applied_epoch),
      position: { sequence: Number(row.applied_sequence), snapshot: row.applied_snapshot ?? null },
      isConsistent: row.applied_consistent === 't',
    },
    logged: fencePosition(row) ?? {
      sequence: Number(row.sequence),
      snapshot: row.snapshot ?? null,
    },
  };
}

async function readAuthority(client: Client): Promise<Authority> {
  const { rows } = await client.query<Row>(
    'SELECT store, epoch, moving FROM cardctl.authority WHERE id = 1',
  );
  return rows[0] === undefined ? FIRST_AUTHORITY : authorityOf(rows[0]);
}

/** @param row with `store`, `epoch` and `moving` */
export function authorityOf(row: Row): Authority {
  return {
    store: row.store === 'postgres' ? 'postgres' : 'sqlite',
    epoch: Number(row.epoch),
    moving: row.moving !== '0',
  };
}

/** The last position, while the fence is up; else null. */
export function fencePosition(row: Row): Position | null {
  if (row.fence_snapshot == null) return null;
  return { sequence: Number(row.fence_sequence), snapshot: row.fence_snapshot };
}
