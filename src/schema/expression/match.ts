import { quoteLiteral } from '../literals.js';
import { inner, piece, type Translated } from './translated.js';
import { type Expression, type Match, Unsure } from './tree.js';
import { asText } from './unify.js';

/** LIKE, which ignores the case of ASCII letters in SQLite, and GLOB, which does not. */
export function translateMatch(match: Match, part: (of: Expression) => Translated): Translated {
  const operand = asText(part(match.operand));
  const pattern = part(match.pattern);
  if (pattern.type !== 'text') throw new Unsure(`a pattern that is ${pattern.type}`);
  const not = match.negated ? 'NOT ' : '';
  if (match.operator === 'LIKE') {
    const escapedBy = escapeOf(match, pattern, part);
    const sql = `${inMatch(operand)} ${not}ILIKE ${inner(pattern)} ESCAPE ${quoteLiteral(escapedBy)}`;
    return piece(sql, 'boolean');
  }
  if (pattern.literal?.kind !== 'text') throw new Unsure('a GLOB whose pattern is computed');
  const glob = pattern.literal.value;
  if (!glob.includes('[')) {
    return piece(`${inMatch(operand)} ${not}LIKE ${quoteLiteral(likeOfGlob(glob))}`, 'boolean');
  }
  const operator = match.negated ? '!~' : '~';
  return piece(`${inMatch(operand)} ${operator} ${quoteLiteral(regexOfGlob(glob))}`, 'boolean');
}

/** The collation says which letters are the same but for their case. */
function inMatch(operand: Translated): string {
  return operand.sql.endsWith('COLLATE "C"') ? inner(operand) : `${inner(operand)} COLLATE "C"`;
}

/** SQLite has no escape character unless one is named. */
function escapeOf(
  { escapedBy }: Match,
  pattern: Translated,
  part: (of: Expression) => Translated,
): string {
  if (escapedBy === null) return '';
  const { literal } = part(escapedBy);
  if (literal?.kind !== 'text' || [...literal.value].length !== 1) {
    throw new Unsure('an ESCAPE that is not one character');
  }
  if (pattern.literal?.kind !== 'text') throw new Unsure('an ESCAPE with a computed pattern');
  if (/[A-Za-z%_]/.test(literal.value)) throw new Unsure(`${literal.value} as escape character`);
  const rest = pattern.literal.value.replaceAll(literal.value + literal.value, '');
  if (rest.endsWith(literal.value)) throw new Unsure('a pattern that ends in its escape character');
  return literal.value;
}

function likeOfGlob(glob: string): string {
  return glob
    .replace(/[\\%_]/g, (character) => `\\${character}`)
    .replaceAll('*', '%')
    .replaceAll('?', '_');
}

/** Ranges and sets of plain characters; brackets within brackets have rules of their own. */
function regexOfGlob(glob: string): string {
  let regex = '';
  for (const [part] of glob.matchAll(/\[\^?[^\]]*\]|[\s\S]/gu)) {
    if (part === '*') regex += '.*';
    else if (part === '?') regex += '.';
    else if (!part.startsWith('[')) regex += part.replace(/[^A-Za-z0-9\s]/u, escapeCharacter);
    else if (/^\[\^?([A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9_ .,:@/+#])+\]$/.test(part)) regex += part;
    else throw new Unsure(`the set ${part} in a GLOB`);
  }
  return `^${regex}$`;
}

function escapeCharacter(character: string): string {
  return character > '\x7f' ? character : `\\${character}`;
}
