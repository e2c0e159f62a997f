import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CardctlError, codeOf } from '../../lib/errors.js';

export const MANIFEST_NAME = 'manifest.json';
/** Raised when a reader of the old format would misunderstand the new one. */
export const FORMAT_VERSION = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

const manifestSchema = z.object({
  formatVersion: z.literal(FORMAT_VERSION),
  /** UTC, ISO 8601: when the backup was begun. */
  createdAt: z.iso.datetime(),
  source: z.object({
    basename: z.string().min(1),
    /** Tells two sources of one name apart without telling the path: see `sourceIdOf`. */
    id: z.string().regex(/^[0-9a-f]{16}$/),
    journalMode: z.enum(['rollback', 'wal']),
  }),
  /** The database file as it is restored. */
  database: z.object({
    bytes: count,
    sha256,
    pageSize: count,
    pageCount: count,
    /** Of the SQLite that checked it. */
    sqliteVersion: z.string(),
    schemaSha256: sha256,
    /** `rows` is null when a table could not be counted. */
    tables: z.array(z.object({ name: z.string(), rows: count.nullable() })),
    /** Sequence number in the change log; null when there is none. */
    position: z.string().regex(/^\d+$/).nullable(),
  }),
  archive: z.object({
    file: z.string().regex(/^[^/\\]+$/),
    compression: z.literal('gzip'),
    bytes: count,
    sha256,
  }),
  /** Milliseconds for which the bot's commits waited; 0 in WAL mode. */
  writersHeldMs: z.number().nonnegative(),
  checks: z.object({
    integrity: z.object({
      result: z.enum(['ok', 'skipped', 'impossible']),
      reason: z.string().optional(),
      brokenRules: z.array(z.string()),
    }),
    foreignKeys: z.object({
      result: z.enum(['checked', 'skipped', 'impossible']),
      reason: z.string().optional(),
      violations: count,
      references: z.array(
        z.object({
          table: z.string(),
          parent: z.string().nullable(),
          rows: count,
          rowids: z.array(z.string()),
        }),
      ),
    }),
    /** The finished archive was unpacked again and had the database's sha256. */
    restored: z.enum(['ok', 'skipped']),
  }),
});

/** What a backup holds and how it was checked: `manifest.json`. */
export type Manifest = z.infer<typeof manifestSchema>;

/**
 * Reads and validates a manifest.
 *
 * @throws CardctlError `source` when there is none, or it is not of this format.
 */
export function readManifest(path: string): Manifest {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const isMissing = codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
    throw badBackup(
      path,
      isMissing ? 'there is no manifest' : 'the manifest cannot be read',
      error,
    );
  }
  const parsed = manifestSchema.safeParse(parseJson(path, text));
  if (parsed.success) return parsed.data;
  throw badBackup(path, `the manifest is not valid: ${firstProblem(parsed.error)}`, parsed.error);
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badBackup(path, 'the manifest is not JSON', error);
  }
}

function firstProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? 'unknown' : `${issue.path.join('.')}: ${issue.message}`;
}

function badBackup(path: string, what: string, cause: unknown): CardctlError {
  return new CardctlError('source', `not a whole backup: ${what} (${path})`, {
    hint: 'Give the directory that cardctl backup made. Backups that count have a manifest.json in them.',
    cause,
    details: { path },
  });
}
