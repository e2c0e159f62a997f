import { snapshot } from './backup/snapshot.js';
import type { Migration } from './context.js';
import { capture } from './migrate/capture.js';
import { census } from './migrate/census.js';
import { createSchema } from './migrate/create-schema.js';
import { link } from './migrate/link.js';
import { load } from './migrate/load.js';
import type { Step } from './step.js';
import { verify } from './verify/step.js';

/** A one-shot migrate, in order. Start reading here. */
export const migrateSteps: readonly Step<Migration>[] = [
  snapshot,
  census,
  createSchema,
  load,
  verify,
];

/** A migrate whose target follows the source from then on. */
export const migrateAndFollowSteps: readonly Step<Migration>[] = [capture, ...migrateSteps, link];
