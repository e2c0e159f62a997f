import type { Problems } from './problems.js';
import type { Place } from './validate.js';

const VARIABLE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

export interface Expansion {
  place: Place;
  env: NodeJS.ProcessEnv;
  problems: Problems;
}

/** Puts the environment's values for `${NAME}` in every string; `$${` stands for a plain `${`. */
export function expand(
  value: unknown,
  expansion: Expansion,
  path: readonly PropertyKey[] = [],
): unknown {
  if (typeof value === 'string') return expandText(value, expansion, path);
  if (Array.isArray(value))
    return value.map((item, index) => expand(item, expansion, [...path, index]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, expand(item, expansion, [...path, key])]),
  );
}

function expandText(
  text: string,
  { place, env, problems }: Expansion,
  path: readonly PropertyKey[],
): string {
  return text.replaceAll(VARIABLE, (whole, name: string | undefined) => {
    if (name === undefined) return '${';
    const value = env[name];
    if (value !== undefined) return value;
    const named = place.nameOf(path);
    problems.add(named.from, named.path, `the environment variable ${name} is not set`);
    return whole;
  });
}
