import { quoteLiteral } from '../literals.js';
import { comparison } from './comparison.js';
import { conditionOf } from './condition.js';
import { storageClassOf } from './context.js';
import { fitting } from './magnitude.js';
import { inner, literalPiece, piece, type Translated } from './translated.js';
import { type Expression, Unsure } from './tree.js';
import { asText, unify } from './unify.js';

/** A call of one of SQLite's functions. */
export function translateCall(
  name: string,
  args: readonly Expression[],
  part: (of: Expression) => Translated,
): Translated {
  const translateFunction = FUNCTIONS[name];
  if (translateFunction === undefined) throw new Unsure(`${name}() has no certain translation`);
  return translateFunction(args.map(part), name);
}

const FUNCTIONS: Record<string, (args: Translated[], name: string) => Translated> = {
  ifnull: coalesced,
  coalesce: coalesced,
  nullif: ([a, b]) => {
    const [value, other] = [given(a), given(b)];
    if ([value, other].some((each) => each.collation !== null && each.collation !== 'BINARY')) {
      throw new Unsure('nullif() of a column that ignores case');
    }
    const equal = comparison('=', value, other);
    return piece(`CASE WHEN ${equal.sql} THEN NULL ELSE ${inner(value)} END`, value.type, {
      magnitude: value.magnitude,
      reach: value.reach,
    });
  },
  iif: chosen,
  if: chosen,
  length: ([value]) => {
    const of = given(value);
    const counted = of.type === 'bytea' ? of : asText(of);
    return piece(`length(${counted.sql})`, 'bigint', { atomic: true, narrow: true });
  },
  lower: folded,
  upper: folded,
  trim: (args) => trimmed('btrim', args),
  ltrim: (args) => trimmed('ltrim', args),
  rtrim: (args) => trimmed('rtrim', args),
  abs: ([value]) => {
    const of = given(value);
    const isReal = of.type === 'double precision' && of.column?.source.affinity === 'real';
    if (of.type !== 'bigint' && !isReal) throw new Unsure(`abs() of ${of.sql}`);
    return piece(`abs(${of.sql})`, of.type, {
      atomic: true,
      narrow: of.narrow,
      magnitude: isReal ? of.magnitude : fitting(of.magnitude),
      reach: of.reach,
    });
  },
  replace: (args) => textCall('replace', args, 3),
  instr: (args) => {
    const { sql } = textCall('strpos', args, 2);
    return piece(sql, 'bigint', { atomic: true, narrow: true });
  },
  substr: substring,
  substring,
  hex: ([value]) => {
    const of = given(value);
    if (of.type !== 'bytea') throw new Unsure(`hex() of ${of.type}`);
    // hex(NULL) is the empty text.
    return piece(`coalesce(upper(encode(${of.sql}, 'hex')), '')`, 'text', { atomic: true });
  },
  typeof: ([value]) => typeName(given(value)),
};

function given(value: Translated | undefined): Translated {
  if (value === undefined) throw new Unsure('an argument is missing');
  return value;
}

function coalesced(args: Translated[]): Translated {
  const { values, type, ...range } = unify(args);
  return piece(`coalesce(${values.join(', ')})`, type, { atomic: true, ...range });
}

function chosen([condition, yes, no, ...more]: Translated[]): Translated {
  if (more.length > 0 || yes === undefined) throw new Unsure('iif() of several conditions');
  const { values, type, ...range } = unify(no === undefined ? [yes] : [yes, no]);
  const otherwise = values[1] === undefined ? '' : ` ELSE ${values[1]}`;
  const sql = `CASE WHEN ${conditionOf(given(condition)).sql} THEN ${values[0]}${otherwise} END`;
  return piece(sql, type, range);
}

/** SQLite folds ASCII only, and so does Postgres under "C", which every text column has. */
function folded([value]: Translated[], name: string): Translated {
  const of = given(value);
  if (of.type !== 'text') throw new Unsure(`${name}() of ${of.type}`);
  const collate = of.literal === null ? '' : ' COLLATE "C"';
  return piece(`${name}(${of.sql}${collate})`, 'text', { atomic: true });
}

function trimmed(name: string, args: Translated[]): Translated {
  return textCall(name, args.length === 1 ? [...args, literalPiece(SPACE)] : args, 2);
}

const SPACE = { kind: 'text', value: ' ' } as const;

function textCall(name: string, args: Translated[], count: number): Translated {
  if (args.length !== count || args.some((each) => each.type !== 'text')) {
    throw new Unsure(`${name}() of something other than texts`);
  }
  const list = args.map((each) => each.sql).join(', ');
  return piece(`${name}(${list})`, 'text', { atomic: true });
}

/** Counting from the end, from 0 or backwards is SQLite's own. */
function substring([value, start, length]: Translated[]): Translated {
  const of = given(value);
  if (of.type !== 'text' && of.type !== 'bytea') throw new Unsure(`substr() of ${of.type}`);
  const bounds = (length === undefined ? [given(start)] : [given(start), length]).map(
    (bound, i) => {
      const isCertain =
        bound.literal?.kind === 'integer' &&
        bound.literal.value >= (i === 0 ? 1n : 0n) &&
        bound.literal.value < 2n ** 31n;
      if (!isCertain) throw new Unsure('substr() from the end or by a computed length');
      return bound.sql;
    },
  );
  return piece(`substr(${[of.sql, ...bounds].join(', ')})`, of.type, { atomic: true });
}

function typeName(of: Translated): Translated {
  const name = of.column === null ? null : storageClassOf(of.column);
  if (name === null) throw new Unsure(`the kind of ${of.sql} is not the same for all values`);
  const literal = quoteLiteral(name);
  if (of.column?.source.notNull === true)
    return piece(`${literal}::text`, 'text', { atomic: true });
  return piece(`CASE WHEN ${inner(of)} IS NULL THEN 'null' ELSE ${literal} END`, 'text');
}
