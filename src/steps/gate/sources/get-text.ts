import { request } from 'undici';

export interface GetOptions {
  /** Of the `authorization` header. */
  bearer: string | undefined;
  signal: AbortSignal;
}

/** An answer longer than this is none that was asked for. */
const BYTES_MAX = 16 * 1024 * 1024;

/**
 * Fetches a text. Redirects are not followed: the bearer token is for nobody else.
 *
 * @throws Error that repeats neither the token nor anything of the answer's body
 */
export async function getText(url: URL, { bearer, signal }: GetOptions): Promise<string> {
  const { statusCode, body } = await request(url, {
    headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    signal,
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new Error(`answered with more than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  if (statusCode !== 200)
    throw new Error(`answered ${statusCode}${MEANINGS.get(statusCode) ?? ''}`);
  return Buffer.concat(chunks).toString('utf8');
}

const MEANINGS: ReadonlyMap<number, string> = new Map([
  [401, ': the token is not the right one'],
  [403, ': the token is not the right one'],
]);
