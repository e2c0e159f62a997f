import type { Dialect } from '../executor.js';

export const SQLITE_DIALECT: Dialect = {
  kind: 'sqlite',
  forUpdate: '',
  forUpdateSkipLocked: '',
  authorityTable: 'cardctl_authority',
  isListed: (parameter) => `IN (SELECT value FROM json_each(${parameter}))`,
  listOf: (ids) => `[${ids.join(',')}]`,
  nowMs: `(julianday('now') - 2440587.5) * 86400000`,
  findTable: `SELECT 1 AS found FROM sqlite_schema WHERE type = 'table' AND name = $1`,
};
