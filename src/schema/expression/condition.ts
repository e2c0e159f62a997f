import { checkKind } from './context.js';
import { inner, isNumber, piece, type Translated } from './translated.js';
import { Unsure } from './tree.js';

/** A value as SQLite takes it for true or false. */
export function conditionOf(value: Translated): Translated {
  if (value.type === 'boolean') return value;
  if (value.literal?.kind === 'integer') {
    return piece(value.literal.value === 0n ? 'false' : 'true', 'boolean', { atomic: true });
  }
  checkKind(value);
  if (isNumber(value)) return piece(`${inner(value)} <> 0`, 'boolean');
  throw new Unsure(`${value.sql} is no number and no condition`);
}
