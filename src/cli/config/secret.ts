import { readFileSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { messageOf } from '../../lib/errors.js';
import type { Problems } from './problems.js';
import type { Place } from './validate.js';

/** A secret as it may be written: itself (or `${NAME}`, which is expanded before), or its file. */
export type WrittenSecret = string | { file: string };

/**
 * Reads a secret; what is wrong with its file is a problem at its place.
 *
 * @param directory where a relative file name starts
 */
export function secretOf(
  secret: WrittenSecret,
  path: readonly PropertyKey[],
  { place, directory }: { place: Place; directory: string },
  problems: Problems,
): string | undefined {
  if (typeof secret === 'string') return secret;
  const file = isAbsolute(secret.file) ? secret.file : resolve(directory, secret.file);
  try {
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    if (text !== '') return text;
    throw new Error('the file is empty');
  } catch (error) {
    const named = place.nameOf(path);
    problems.add(
      named.from,
      named.path,
      `cannot read the secret from ${file}: ${messageOf(error)}`,
    );
    return undefined;
  }
}
