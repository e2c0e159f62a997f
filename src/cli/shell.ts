import type { GlobalOptions } from './global-options.js';

/** A command line to copy: words quoted where a shell would take them apart. */
export function shellLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

/** The options without which another command would not find the same configuration. */
export function samePlace({ config, workDir }: GlobalOptions): string[] {
  return [
    ...(config === undefined ? [] : ['--config', config]),
    ...(workDir === undefined ? [] : ['--work-dir', workDir]),
  ];
}

/** A word as a shell takes it for one. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
