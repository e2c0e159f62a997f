import { formatCount } from './format.js';
import { printable, wrap } from './printable.js';

/** What assess and a dry run both show, as lines of at most `width`. */

/** Below this lines are let run over: a name must stay whole. */
const WIDTH_MIN = 40;

/** A text behind a bullet, the lines after the first indented below it. */
export function bullet(text: string, width: number): string[] {
  return wrap(printable(text), Math.max(WIDTH_MIN, width) - 4).map(
    (line, i) => `${i === 0 ? '  - ' : '    '}${line}`,
  );
}

/** A heading with bullets, and nothing at all when there are none. */
export function section(title: string, items: readonly string[], width: number): string[] {
  if (items.length === 0) return [];
  return ['', `${title}:`, ...items.flatMap((item) => bullet(item, width))];
}

/** `3 rows break active_fights_opponent_id_fkey of active_fights (…): fight_id='a1'; …` */
export function brokenText(
  { table, name, keys }: { table: string; name: string; keys: readonly string[] },
  rows: number,
): string {
  const count = rows === 1 ? '1 row breaks' : `${formatCount(rows)} rows break`;
  const more = rows > keys.length ? '; …' : '';
  return `${count} ${name} of ${table}: ${keys.join('; ')}${more}`;
}
