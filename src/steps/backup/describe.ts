import { basename } from 'node:path';
import { archiveName, sourceIdOf } from '../../snapshot/archive/layout.js';
import { FORMAT_VERSION, type Manifest } from '../../snapshot/archive/manifest.js';
import type { Snapshot } from '../../snapshot/take/index.js';
import type { Packed } from './pack.js';

interface Facts extends Packed {
  sourcePath: string;
  createdAt: Date;
  check: boolean;
  snapshot: Snapshot;
}

/** Puts together the manifest of a backup whose parts are all made. */
export function describeBackup(facts: Facts): Manifest {
  const { sourcePath, createdAt, check, snapshot, plain, packed, inspection } = facts;
  return {
    formatVersion: FORMAT_VERSION,
    createdAt: createdAt.toISOString(),
    source: {
      basename: basename(sourcePath),
      id: sourceIdOf(sourcePath),
      journalMode: snapshot.journalMode,
    },
    database: {
      bytes: plain.bytes,
      sha256: plain.sha256,
      pageSize: inspection.pageSize,
      pageCount: inspection.pageCount,
      sqliteVersion: inspection.sqliteVersion,
      schemaSha256: inspection.schemaSha256,
      tables: inspection.tables,
      position: inspection.position,
    },
    archive: {
      file: archiveName(sourcePath),
      compression: 'gzip',
      bytes: packed.bytes,
      sha256: packed.sha256,
    },
    writersHeldMs: Math.round(snapshot.holdMs * 10) / 10,
    checks: {
      integrity: inspection.integrity,
      foreignKeys: inspection.foreignKeys,
      restored: check ? 'ok' : 'skipped',
    },
  };
}
