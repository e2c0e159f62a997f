import { z } from 'zod';
import { secret, text, whole } from './values.js';

const share = z
  .number({ error: 'expected a share, such as 0.001' })
  .gt(0, 'must be above 0')
  .lt(1, 'must be below 1');

const steps = z
  .array(whole(1, 100), { error: 'expected a list of percentages' })
  .refine((percents) => percents.every((percent, i) => i === 0 || percent > percents[i - 1]!), {
    error: 'expected percentages that rise',
  })
  .refine((percents) => percents.at(-1) === 100, { error: 'expected 100 as the last one' });

const prometheusUrl = text.refine(isPlainHttpUrl, {
  error: 'expected an http or https URL without a login; a token is given beside it',
});

export const cutoverSchema = z.strictObject({
  /** Of the traffic, to the fleet, one after the other. */
  steps: steps.optional(),
  /** The step, by its percentage, behind which the authority moves to the target. */
  promoteAfter: whole(1, 100).optional(),
  holdSeconds: whole(1, 86_400).optional(),
  /** Asked in place of the bots themselves. */
  prometheus: z.strictObject({ url: prometheusUrl, token: secret.optional() }).optional(),
  limits: z
    .strictObject({
      errorRate: share.optional(),
      p99Ms: whole(1, 60_000).optional(),
      lagMs: whole(1, 3_600_000).optional(),
      pendingUpdates: whole(1, 1_000_000).optional(),
      updateAgeS: whole(1, 86_400).optional(),
      hitRate: share.nullable().optional(),
      samplesMin: whole(1, 1_000_000_000).optional(),
    })
    .optional(),
});

function isPlainHttpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}
