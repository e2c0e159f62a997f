import { CardctlError } from '../lib/errors.js';
import type { EdgeConfig } from './config.js';
import type { EdgeFiles } from './edge-files.js';
import { readUpstream } from './read-upstream.js';
import type { Upstream } from './render-upstream.js';

/**
 * The upstream file and its last good copy beside it.
 *
 * The copy is made before the file is changed and made again when the change has proved itself. So
 * two files that say the same, or no copy, mean that nothing is under way; two that differ mean
 * that a change was cut short, and the copy is the way back.
 */
export interface UpstreamFiles {
  file: Saved;
  /** Undefined unless a change was cut short. */
  lastGood: Saved | undefined;
}

export interface Saved {
  text: string;
  upstream: Upstream;
}

/**
 * @throws CardctlError `refused`, when either was not written by cardctl or there is no file
 */
export async function readUpstreamFiles(
  files: EdgeFiles,
  { upstreamFile }: EdgeConfig,
): Promise<UpstreamFiles> {
  const file = await readSaved(files, upstreamFile);
  if (file === undefined) {
    throw new CardctlError('refused', `there is no upstream file at ${upstreamFile}`, {
      hint: 'Make it, and include it in the configuration of Nginx: cardctl nginx',
    });
  }
  const lastGood = await readSaved(files, lastGoodOf(upstreamFile));
  return { file, lastGood: lastGood?.text === file.text ? undefined : lastGood };
}

/** Makes a file hold the text, or leaves it as it was, whatever happens when. */
export async function putFile(files: EdgeFiles, path: string, text: string): Promise<void> {
  const next = `${path}.next`;
  await files.write(next, text);
  await files.rename(next, path);
}

export function lastGoodOf(upstreamFile: string): string {
  return `${upstreamFile}.last-good`;
}

async function readSaved(files: EdgeFiles, path: string): Promise<Saved | undefined> {
  const text = await files.read(path);
  return text === undefined ? undefined : { text, upstream: readUpstream(text, path) };
}
