import { createHash } from 'node:crypto';

/** Bytes of a name that Postgres keeps; it cuts the rest off in silence. */
const NAME_BYTES_MAX = 63;
const SUFFIX_BYTES = 9;

/** Quotes a name for Postgres, always, so that no name is ever folded or taken for a keyword. */
export function quoteIdent(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Names that must differ from each other in the target. */
export class NameSpace {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  /** The name as it is or, when it is too long, empty or taken, shortened with a hash of it. */
  take(wanted: string): string {
    let name = wanted;
    for (let attempt = 0; !this.#isFree(name); attempt++) name = hashedName(wanted, attempt);
    this.#taken.add(name);
    return name;
  }

  /** For a name that nobody chose: numbered when taken, as Postgres does. */
  takeNumbered(wanted: string): string {
    let name = wanted;
    for (let number = 1; this.#taken.has(name); number++) name = `${wanted}${number}`;
    return this.take(name);
  }

  #isFree(name: string): boolean {
    return name !== '' && Buffer.byteLength(name) <= NAME_BYTES_MAX && !this.#taken.has(name);
  }
}

function hashedName(name: string, attempt: number): string {
  const salted = attempt === 0 ? name : `${name}\0${attempt}`;
  const hash = createHash('sha256')
    .update(salted)
    .digest('hex')
    .slice(0, SUFFIX_BYTES - 1);
  return `${cutToBytes(name, NAME_BYTES_MAX - SUFFIX_BYTES)}_${hash}`;
}

function cutToBytes(text: string, most: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > most) break;
    end += character.length;
  }
  return text.slice(0, end);
}
