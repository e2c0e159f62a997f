import { z } from 'zod';

export const text = z.string().min(1, 'must not be empty');
/** Numbers may come from the environment, where everything is text. */
export const whole = (min: number, max: number) =>
  z
    .union([z.int(), z.string().regex(/^\d+$/).transform(Number)], {
      error: 'expected a whole number',
    })
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
export const secret = z.union([text, z.strictObject({ file: text })], {
  error: 'expected a string or {"file": "path"}',
});
