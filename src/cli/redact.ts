const MASK = '***';
/** Shorter secrets are masked only where they stand alone, or they would eat ordinary words. */
const SHORT_LENGTH_MAX = 3;
/** The password in any URL, whether it was configured or not. */
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]*):([^\s/?#]*)@/gi;
/** `password=…` as a URL parameter or in a libpq connection string. */
const PASSWORD_PARAMETER = /\b(password|passwd|pwd)=('[^']*'|[^\s&'"]+)/gi;

/** Masks secrets in whatever is about to be printed. */
export class Redactor {
  readonly #patterns: RegExp[] = [];
  readonly #revealed = new Set<string>();

  /** From now on `secret` is masked, as it stands and as it looks in a URL or in JSON. */
  add(secret: string): void {
    const looks = new Set([
      secret,
      encodeURIComponent(secret),
      encodeURI(secret),
      JSON.stringify(secret).slice(1, -1),
    ]);
    for (const look of [...looks].filter((text) => text !== '').sort(byLengthDescending)) {
      this.#patterns.push(patternOf(look));
    }
  }

  /** A password that is meant to be seen: that of the Postgres which cardctl runs itself. */
  reveal(password: string): void {
    this.#revealed.add(password);
  }

  /** The text without any known secret. */
  text(text: string): string {
    const plain = text
      .replace(URL_PASSWORD, (url, login: string, password: string) =>
        this.#revealed.has(password) ? url : `${login}:${MASK}@`,
      )
      .replace(PASSWORD_PARAMETER, `$1=${MASK}`);
    return this.#patterns.reduce((masked, pattern) => masked.replace(pattern, MASK), plain);
  }

  /** The same value with every string in it masked. Keys and numbers stay, so JSON stays JSON. */
  value<T>(value: T): T {
    return this.#masked(value, new WeakSet()) as T;
  }

  #masked(value: unknown, seen: WeakSet<object>): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Date) return value;
    if (seen.has(value)) return '[circular]';
    seen.add(value);
    const masked = Array.isArray(value)
      ? value.map((item) => this.#masked(item, seen))
      : Object.fromEntries(
          Object.entries(value).map(([key, item]) => [key, this.#masked(item, seen)]),
        );
    seen.delete(value);
    return masked;
  }
}

function patternOf(look: string): RegExp {
  const literal = look.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  if (look.length > SHORT_LENGTH_MAX) return new RegExp(literal, 'g');
  return new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'gu');
}

function byLengthDescending(a: string, b: string): number {
  return b.length - a.length;
}
