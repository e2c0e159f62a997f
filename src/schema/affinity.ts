import type { Affinity } from './model.js';

/**
 * The affinity of a declared type: the first rule that applies.
 * https://www.sqlite.org/datatype3.html, section 3.1
 *
 * @param strict the column is of a STRICT table, in which ANY keeps whatever it is given
 */
export function affinityOf(declaredType: string, strict = false): Affinity {
  const type = declaredType.toUpperCase();
  if (strict && type === 'ANY') return 'blob';
  if (type.includes('INT')) return 'integer';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'text';
  if (type === '' || type.includes('BLOB')) return 'blob';
  if (/REAL|FLOA|DOUB/.test(type)) return 'real';
  return 'numeric';
}
