import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, isAbsolute, resolve, sep } from 'node:path';
import { InputFile } from 'grammy';
import type { Store } from '../../store/store.js';

/** Where the pictures of cards are; a card's `image_path` is relative to it. */
export interface Pictures {
  /** Telegram fetches them from there, when it is set. */
  cdnBaseUrl?: string;
  /** Each is uploaded from there once, and its `file_id` is sent from then on. */
  directory?: string;
}

/** What to send as a picture; null when there is nothing to send. */
export interface Photo {
  photo: string | InputFile;
  /** The path to remember the `file_id` under, for an upload. */
  uploads: string | null;
  /** It was remembered, and may no longer be valid. */
  isRemembered: boolean;
}

export async function photoOf(
  imagePath: string,
  { cdnBaseUrl, directory }: Pictures,
  store: Pick<Store, 'fileId'>,
  forgetRemembered: boolean,
): Promise<Photo | null> {
  if (/^https?:\/\//.test(imagePath)) return sent(imagePath);
  if (cdnBaseUrl !== undefined) return sent(urlOf(imagePath, cdnBaseUrl));
  const fileId = forgetRemembered ? null : await store.fileId(imagePath);
  if (fileId !== null) return { photo: fileId, uploads: null, isRemembered: true };
  const path = directory === undefined ? null : pathWithin(directory, imagePath);
  if (path === null || !(await canRead(path))) return null;
  const file = new InputFile(() => createReadStream(path), basename(path));
  return { photo: file, uploads: imagePath, isRemembered: false };
}

/** The id of what was uploaded, in the message that it became: the largest size comes last. */
export function fileIdIn(message: unknown): string | null {
  const { photo } = message as { photo?: { file_id?: unknown }[] };
  const fileId = photo?.at(-1)?.file_id;
  return typeof fileId === 'string' ? fileId : null;
}

function sent(photo: string): Photo {
  return { photo, uploads: null, isRemembered: false };
}

function urlOf(imagePath: string, cdnBaseUrl: string): string {
  const path = imagePath.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
  return [cdnBaseUrl.replace(/\/+$/, ''), ...path.map(encodeURIComponent)].join('/');
}

/** DANGER: the path comes from the database, and what it names is sent to players. */
function pathWithin(directory: string, imagePath: string): string | null {
  const root = resolve(directory);
  const path = isAbsolute(imagePath) ? resolve(imagePath) : resolve(root, imagePath);
  return path.startsWith(root + sep) ? path : null;
}

async function canRead(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
