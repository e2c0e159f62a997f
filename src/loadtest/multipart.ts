/** One part of a multipart body. */
export interface Part {
  name: string;
  /** Given for files only. */
  fileName: string | undefined;
  content: Buffer;
}

/**
 * Splits a multipart/form-data body (RFC 7578).
 *
 * Own code, since the parsers of Node and undici refuse what grammY writes: file names without
 * quotes.
 *
 * @throws Error when the content type names no boundary or the body does not follow it
 */
export function parseMultipart(body: Buffer, contentType: string): Part[] {
  const [, quoted, bare] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) throw new Error('the multipart body has no boundary');
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let start = body.indexOf(delimiter);
  while (start !== -1) {
    const from = start + delimiter.length;
    const end = body.indexOf(delimiter, from);
    if (end === -1) break;
    // Each part lies between the line break after a delimiter and the one before the next.
    parts.push(parsePart(body.subarray(from + 2, end - 2)));
    start = end;
  }
  if (start === -1) throw new Error('the multipart body is not one');
  return parts;
}

function parsePart(part: Buffer): Part {
  const headEnd = part.indexOf('\r\n\r\n');
  const head = part.subarray(0, headEnd).toString();
  const name = parameter(head, 'name');
  if (headEnd === -1 || name === undefined) throw new Error('a part has no name');
  return { name, fileName: parameter(head, 'filename'), content: part.subarray(headEnd + 4) };
}

function parameter(head: string, name: string): string | undefined {
  const pattern = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^;\\r\\n]*))`, 'i');
  const match = pattern.exec(head);
  return match?.[1] ?? match?.[2];
}
