import { quoteLiteral } from '../literals.js';
import type { ColumnPlan } from '../model.js';
import { type Expression, Unsure } from './tree.js';

/** SQLite's clock stands still during a statement, and is UTC. */
const NOW = `statement_timestamp() AT TIME ZONE 'UTC'`;
const EPOCH = 'floor(extract(epoch FROM statement_timestamp()))::bigint';

/**
 * The present time in the column's type, or null when the expression is no such thing.
 *
 * @throws Unsure when it is, but not in a form that is certain
 */
export function nowOf(expression: Expression, column: ColumnPlan): string | null {
  const format = formatOf(expression);
  if (format === null) return null;
  const { type, source, textForm } = column;
  const becomesNumber = source.affinity !== 'text' && source.affinity !== 'blob';
  if (format === '%s') {
    if (type === 'bigint') return EPOCH;
    if (type === 'text' && !becomesNumber) return `${EPOCH}::text`;
  } else if (type === 'text' && (!becomesNumber || FORMATS.has(format))) {
    return `to_char(${NOW}, ${quoteLiteral(patternOf(format))})`;
  } else if (type === 'timestamp' && format === DATETIME && textForm === TIMESTAMP) {
    return `date_trunc('second', ${NOW})`;
  } else if (type === 'date' && format === '%Y-%m-%d') {
    return `(${NOW})::date`;
  }
  throw new Unsure(`the present time as ${format} is no ${type}`);
}

const TIMESTAMP = 'YYYY-MM-DD HH:MM:SS';
const DATETIME = '%Y-%m-%d %H:%M:%S';

const BY_NAME: Record<string, string> = {
  current_timestamp: DATETIME,
  current_date: '%Y-%m-%d',
  current_time: '%H:%M:%S',
  datetime: DATETIME,
  date: '%Y-%m-%d',
  time: '%H:%M:%S',
};

const FORMATS = new Set(Object.values(BY_NAME));

/** The strftime() format of an expression that is the present time. */
function formatOf(expression: Expression): string | null {
  if (expression.kind === 'name') return BY_NAME[expression.name.toLowerCase()] ?? null;
  if (expression.kind === 'cast' && /^int(eger)?$/i.test(expression.declaredType)) {
    return formatOf(expression.operand) === '%s' ? '%s' : null;
  }
  if (expression.kind !== 'call') return null;
  const args = expression.args.map((each) => (each.kind === 'text' ? each.value : null));
  if (expression.name === 'strftime') {
    const [format, ...time] = args;
    return typeof format === 'string' && isNow(time) ? format : null;
  }
  if (expression.name === 'unixepoch') return isNow(args) ? '%s' : null;
  const format = BY_NAME[expression.name];
  return format !== undefined && isNow(args) ? format : null;
}

function isNow(args: (string | null)[]): boolean {
  const [time, ...modifiers] = args;
  if (args.length === 0) return true;
  if (time?.toLowerCase() !== 'now') return false;
  if (modifiers.length === 0) return true;
  throw new Unsure(`the present time, changed by ${modifiers.join(', ')}`);
}

/** A strftime() format as a pattern of to_char(). */
function patternOf(format: string): string {
  return format.replace(/%(.)|[^%]+|%/gs, (part, letter: string | undefined) => {
    if (letter === undefined) return quotedPart(part);
    const field = FIELDS[letter];
    if (field === undefined) throw new Unsure(`${part} in a time`);
    return field;
  });
}

const FIELDS: Record<string, string> = {
  Y: 'YYYY',
  m: 'MM',
  d: 'DD',
  H: 'HH24',
  M: 'MI',
  S: 'SS',
  f: 'SS.MS',
  j: 'DDD',
  '%': '%',
};

function quotedPart(text: string): string {
  if (!/[A-Za-z"\\]/.test(text)) return text;
  return `"${text.replace(/["\\]/g, (character) => `\\${character}`)}"`;
}
