import { CardctlError } from '../lib/errors.js';
import { runCommand } from './commands.js';
import type { FileCommands } from './config.js';
import type { EdgeFiles } from './edge-files.js';

/** The files of another machine, reached through configured commands such as ssh. */
export function remoteFiles(commands: FileCommands, timeoutMsMax: number): EdgeFiles {
  /** `alsoFine` 1 is how the commands say that there is no such file. */
  const readOrMissing = async (argv: FileCommands['read'], path: string) => {
    const words = { path: safePath(path) };
    const { exitCode, stdout } = await runCommand(argv, { words, timeoutMsMax, alsoFine: [1] });
    return exitCode === 1 ? undefined : stdout.toString('utf8');
  };
  return {
    read: (path) => readOrMissing(commands.read, path),
    write: async (path, text) => {
      const words = { path: safePath(path) };
      await runCommand(commands.write, { words, input: text, timeoutMsMax });
    },
    rename: async (from, to) => {
      const words = { from: safePath(from), to: safePath(to) };
      await runCommand(commands.rename, { words, timeoutMsMax });
    },
    stat: async (path) => {
      const text = await readOrMissing(commands.stat, path);
      return text === undefined ? undefined : stateIn(text);
    },
    readFrom: async (path, offset) => {
      const words = { path: safePath(path), position: `${offset + 1}` };
      return (await runCommand(commands.readFrom, { words, timeoutMsMax })).stdout;
    },
    find: async () => undefined,
  };
}

function stateIn(text: string): { id: string; bytes: number } {
  const [, id, bytes] = /^(\d+)\D+(\d+)\s*$/.exec(text) ?? [];
  if (id !== undefined && bytes !== undefined) return { id, bytes: Number(bytes) };
  throw new CardctlError('edge', `not an inode and a size: ${JSON.stringify(text.slice(0, 100))}`, {
    hint: 'Let edge.commands.files.stat end in: stat --printf=%i:%s {path}',
  });
}

/** A shell on the other side may read it. */
function safePath(path: string): string {
  if (/^[\w./-]+$/.test(path) && !path.startsWith('-')) return path;
  throw new CardctlError('usage', `a shell would misread the path ${JSON.stringify(path)}`, {
    hint: 'On another machine, use paths of letters, digits and the signs . / _ - only.',
  });
}
