import { randomBytes } from 'node:crypto';

const TAB = 0x09;
const BACKSLASH = 0x5c;

const UNESCAPED: Record<string, string> = { b: '\b', t: '\t', n: '\n', v: '\v', f: '\f', r: '\r' };

/**
 * What stands for NULL on both sides: anew for each thread, so that no value can be taken for it,
 * and without a backslash, so that a backslash always means that some text needs escaping.
 */
export const NULL_TEXT = `NULL${randomBytes(12).toString('hex')}`;

const NULL_BYTES = Buffer.from(NULL_TEXT, 'latin1');

/** Escapes text as `COPY … TO` does. */
export function escapeCopyText(text: string): string {
  return text.replace(/[\b\t\n\v\f\r\\]/g, (character) => ESCAPED[character] ?? character);
}

const ESCAPED: Record<string, string> = {
  '\\': '\\\\',
  ...Object.fromEntries(Object.entries(UNESCAPED).map(([letter, char]) => [char, `\\${letter}`])),
};

/** Fields of one line of COPY text, still escaped. */
export function splitFields(line: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let start = 0;
  for (let i = 0; i < line.length; i++) {
    if (line[i] !== TAB) continue;
    fields.push(line.subarray(start, i));
    start = i + 1;
  }
  fields.push(line.subarray(start));
  return fields;
}

/** Whether a field is NULL. */
export function isNullField(field: Buffer): boolean {
  return field.equals(NULL_BYTES);
}

/** The bytes that a field stands for. */
export function unescapeField(field: Buffer): Buffer {
  if (!field.includes(BACKSLASH)) return field;
  const bytes = Buffer.allocUnsafe(field.length);
  let length = 0;
  for (let i = 0; i < field.length; i++) {
    const byte = field[i] as number;
    if (byte !== BACKSLASH) {
      bytes[length++] = byte;
      continue;
    }
    const letter = String.fromCharCode(field[++i] as number);
    bytes[length++] = (UNESCAPED[letter] ?? letter).charCodeAt(0);
  }
  return bytes.subarray(0, length);
}
