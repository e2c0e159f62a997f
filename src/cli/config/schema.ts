import { z } from 'zod';
import type { TargetType } from '../../schema/model.js';
import { cutoverSchema } from './cutover-schema.js';
import { followSchema, promoteSchema } from './move-schema.js';
import {
  botsSchema,
  legacySchema,
  nginxSchema,
  redisSchema,
  runtimeSchema,
  telegramSchema,
} from './stacks-schema.js';
import { secret, text, whole } from './values.js';

const TARGET_TYPES = [
  'bigint',
  'double precision',
  'numeric',
  'boolean',
  'text',
  'bytea',
  'timestamp',
  'date',
  'uuid',
  'json',
] as const satisfies readonly TargetType[];

const replica = z.union(
  [text, z.looseObject({ host: text, port: whole(1, 65_535).optional() }), z.null()],
  { error: 'expected a host, a URL or an object with a host' },
);

const onBroken = z.enum(['omit', 'not-valid'], { error: 'expected omit or not-valid' });

/** The `database` block of the bot's own config.json, and what cardctl adds to it. */
export const databaseSchema = z.strictObject({
  type: z.enum(['postgresql', 'postgres'], { error: 'expected "postgresql"' }).optional(),
  host: text.default('localhost'),
  port: whole(1, 65_535).default(5432),
  database: text,
  user: text,
  password: secret.optional(),
  passwordFile: text.optional(),
  sslmode: text.optional(),
  read_replica: replica.optional(),
});

export const targetSchemas = {
  secret: z.strictObject({ url: secret, read_replica: replica.optional() }),
  database: databaseSchema,
};

export const bodySchema = z.strictObject({
  source: text.optional(),
  target: z.unknown().optional(),
  database: z.unknown().optional(),
  workDir: text.optional(),
  backup: z
    .strictObject({
      out: text.optional(),
      keep: whole(1, 100_000).optional(),
      holdMsMax: whole(1, 600_000).optional(),
    })
    .optional(),
  migrate: z
    .strictObject({
      jobs: whole(1, 64).optional(),
      onBadRow: z.enum(['fail', 'reject'], { error: 'expected fail or reject' }).optional(),
      brokenForeignKeys: onBroken.optional(),
      brokenChecks: onBroken.optional(),
    })
    .optional(),
  types: z
    .record(
      z.string(),
      z.enum(TARGET_TYPES, { error: `expected one of: ${TARGET_TYPES.join(', ')}` }),
    )
    .optional(),
  onBadValue: z
    .record(
      z.string(),
      z.union(
        [
          z.enum(['fail', 'reject', 'null', 'strip-nul']),
          z.record(z.string(), z.union([z.string(), z.null()])),
        ],
        { error: 'expected fail, reject, null, strip-nul, or an object from value to value' },
      ),
    )
    .optional(),
  skip: z.array(text, { error: 'expected a list of names' }).optional(),
  telegram: telegramSchema.optional(),
  runtime: runtimeSchema.optional(),
  legacy: legacySchema.optional(),
  bots: botsSchema.optional(),
  redis: redisSchema.optional(),
  nginx: nginxSchema.optional(),
  follow: followSchema.optional(),
  promote: promoteSchema.optional(),
  cutover: cutoverSchema.optional(),
});

export type Body = z.infer<typeof bodySchema>;
export type DatabaseBlock = z.infer<typeof databaseSchema>;

/** The keys that are known at a path, for suggestions. */
export function knownKeysAt(path: readonly PropertyKey[]): string[] {
  const [top, ...rest] = path;
  if (top === undefined) return Object.keys(bodySchema.shape);
  if (rest.length > 0) return [];
  const inner = bodySchema.shape[top as keyof typeof bodySchema.shape];
  if (inner instanceof z.ZodOptional && inner.unwrap() instanceof z.ZodObject) {
    return Object.keys((inner.unwrap() as z.ZodObject).shape);
  }
  return top === 'target' || top === 'database'
    ? ['url', ...Object.keys(databaseSchema.shape)]
    : [];
}
