import { runCommand } from './commands.js';
import type { EdgeConfig } from './config.js';
import type { EdgeFiles } from './edge-files.js';
import { putFile } from './upstream-file.js';

export interface InstallOptions {
  config: EdgeConfig;
  files: EdgeFiles;
  serverFile: string;
  /** The text of the server file. */
  server: string;
  /** The text of the first upstream file; undefined when there is one, which is left as it is. */
  upstream: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Writes the files, has Nginx test them and reloads it. What Nginx refuses is taken back: the
 * server file becomes what it was, and a first upstream file stays, since nothing includes it.
 *
 * @throws CardctlError `edge` when Nginx refuses them or cannot be told
 */
export async function installEdge(options: InstallOptions): Promise<void> {
  const { config, files, serverFile, server, upstream, signal } = options;
  const { test, reload, timeoutMsMax } = config.commands;
  const before = await files.read(serverFile);
  if (upstream !== undefined) await putFile(files, config.upstreamFile, upstream);
  await putFile(files, serverFile, server);
  try {
    await runCommand(test, { timeoutMsMax, signal });
    await runCommand(reload, { timeoutMsMax, signal });
  } catch (error) {
    await putFile(files, serverFile, before ?? '# cardctl nginx: refused by nginx -t, emptied\n');
    throw error;
  }
}
