import type { EdgeCommands } from './config.js';
import type { EdgeFiles } from './edge-files.js';
import { localFiles } from './local-files.js';
import { remoteFiles } from './remote-files.js';

export function filesOf(commands: EdgeCommands): EdgeFiles {
  if (commands.files === undefined) return localFiles();
  return remoteFiles(commands.files, commands.timeoutMsMax);
}
