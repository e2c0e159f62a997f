import type { IncomingMessage } from 'node:http';
import { type Part, parseMultipart } from './multipart.js';

/** The parameters of a Bot API call, by name. */
export type CallParams = Record<string, unknown>;

/** The parameters that are objects: as JSON text, where the body is a form. */
const OBJECTS = ['reply_markup', 'reply_parameters', 'media'];

const BODY_BYTES_MAX = 50 * 1_048_576;

/**
 * Reads the parameters of a call as Telegram takes them: from the query, and from a JSON,
 * urlencoded or multipart body. In forms, objects are JSON text; a file becomes its size.
 *
 * @throws Error when the body is too large or not what its content type says
 */
export async function readParams(request: IncomingMessage, query: string): Promise<CallParams> {
  const body = await bytesOf(request);
  const type = request.headers['content-type'] ?? '';
  const params = {
    ...(query === '' ? {} : Object.fromEntries(new URLSearchParams(query))),
    ...(body.length === 0 ? {} : parseBody(body, type)),
  };
  for (const name of OBJECTS) {
    const value = params[name];
    if (typeof value === 'string') params[name] = JSON.parse(value);
  }
  return params;
}

/** An uploaded file, as far as it matters here. */
export interface UploadedFile {
  fileName: string;
  fileBytes: number;
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return await new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) request.destroy(new Error('the body is too large'));
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => reject(new Error('the request was broken off')));
  });
}

function parseBody(body: Buffer, type: string): CallParams {
  if (type.startsWith('application/json')) return JSON.parse(body.toString()) as CallParams;
  if (type.startsWith('multipart/form-data')) {
    const parts = parseMultipart(body, type);
    return Object.fromEntries(parts.map((part) => [part.name, fieldOf(part)]));
  }
  return Object.fromEntries(new URLSearchParams(body.toString()));
}

function fieldOf({ fileName, content }: Part): string | UploadedFile {
  if (fileName === undefined) return content.toString();
  return { fileName, fileBytes: content.length };
}
