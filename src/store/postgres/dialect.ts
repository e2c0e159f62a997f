import type { Dialect } from '../executor.js';

export const POSTGRES_DIALECT: Dialect = {
  kind: 'postgres',
  forUpdate: 'FOR UPDATE',
  forUpdateSkipLocked: 'FOR UPDATE SKIP LOCKED',
  authorityTable: 'cardctl.authority',
  isListed: (parameter) => `= ANY (CAST(${parameter} AS bigint[]))`,
  listOf: (ids) => `{${ids.join(',')}}`,
  nowMs: 'CAST(extract(epoch FROM clock_timestamp()) * 1000 AS double precision)',
  findTable: `SELECT 1 AS found WHERE to_regclass($1) IS NOT NULL`,
};
