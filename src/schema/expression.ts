import { conditionOf } from './expression/condition.js';
import type { ExpressionContext } from './expression/context.js';
import { parseExpression } from './expression/parse.js';
import { translate } from './expression/translate.js';
import type { Translated } from './expression/translated.js';
import { Unsure } from './expression/tree.js';

export type Translation = { sql: string; type: Translated['type'] } | { reason: string };

/**
 * Translates an expression of SQLite. What comes back gives the same result for every row, those
 * with integers a thousand times as large as any that was counted included; anything else is a
 * reason.
 */
export function translateExpression(sql: string, context: ExpressionContext): Translation {
  return orReason(() => translate(parseExpression(sql), context));
}

/** The same for a CHECK or the WHERE of an index: what is not 0 and not NULL is true. */
export function translateCondition(
  sql: string,
  context: ExpressionContext,
): { sql: string } | { reason: string } {
  return orReason(() => conditionOf(translate(parseExpression(sql), context)));
}

/** Runs a translation; a doubt on the way becomes the reason. */
export function orReason<T>(attempt: () => T): T | { reason: string } {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Unsure) return { reason: error.message };
    throw error;
  }
}
