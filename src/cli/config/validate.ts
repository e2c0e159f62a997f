import type { z } from 'zod';
import { type Problems, pathText } from './problems.js';
import { knownKeysAt } from './schema.js';
import { nearestKey } from './suggest.js';

export interface Place {
  /** Where the value came from. */
  from: string;
  /** Names the key of a path: the path itself in a file, nothing for a flag that says it. */
  nameOf(path: readonly PropertyKey[]): { from: string; path: string };
}

/** A place within a file. */
export function inFile(file: string): Place {
  return { from: file, nameOf: (path) => ({ from: file, path: pathText(path) }) };
}

/** Checks a value, and lists each problem at its place. Undefined when there was any. */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at: { place: Place; path: readonly PropertyKey[] },
  problems: Problems,
): z.infer<Schema> | undefined {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) addIssue(issue, at, problems);
  return undefined;
}

function addIssue(
  issue: z.core.$ZodIssue,
  { place, path }: { place: Place; path: readonly PropertyKey[] },
  problems: Problems,
): void {
  const full = [...path, ...issue.path];
  if (issue.code !== 'unrecognized_keys') {
    const named = place.nameOf(full);
    problems.add(named.from, named.path, messageOf(issue));
    return;
  }
  for (const key of issue.keys) {
    const meant = nearestKey(key, knownKeysAt(full));
    const named = place.nameOf([...full, key]);
    const suggestion = meant === undefined ? '' : `; did you mean "${meant}"?`;
    problems.add(named.from, named.path, `is not a known key${suggestion}`);
  }
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return 'is missing';
  }
  return issue.message.replace(/^Invalid input: /, '');
}
