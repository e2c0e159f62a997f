/** A program and its arguments, run as they stand: no shell reads them. */
export type Argv = readonly [program: string, ...args: string[]];

export type Stack = 'legacy' | 'fleet';

export interface EdgeServer {
  name: string;
  stack: Stack;
  /** IP address and port of the webhook listener, e.g. `10.0.1.10:8443` or `[fd00::1]:8443`. */
  address: string;
  /** Where `/readyz` is; undefined for a bot that has none. */
  adminUrl?: string | undefined;
  /** Set for somebody's own bot. */
  foreign?: ForeignBot | undefined;
}

/** A bot that knows nothing of cardctl: no admin listener, and no ledger of updates. */
export interface ForeignBot {
  /** Where it takes updates; its path may be another than that of the other bots. */
  url: string;
  /** Answers 2xx when it is well. Without one, that it takes connections has to do. */
  healthUrl?: string | undefined;
}

/** All that is known about Nginx and the servers behind it. */
export interface EdgeConfig {
  servers: readonly EdgeServer[];
  upstreamName: string;
  /** The one file that cardctl owns; Nginx includes it in its `http` block. */
  upstreamFile: string;
  /** A path that nobody can guess, e.g. `/hook-9f…`. */
  webhookPath: string;
  serverName: string;
  listenPort: number;
  certificate: string;
  certificateKey: string;
  /** Written by Nginx for the webhook alone; the observed share is counted from it. */
  accessLog: string;
  /** Where this machine reaches the status listener, e.g. `http://127.0.0.1:8081/generation`. */
  statusUrl: string;
  /** What the status listener binds, when a tunnel makes that differ from `statusUrl`. */
  statusListen?: string | undefined;
  commands: EdgeCommands;
}

export interface EdgeCommands {
  /** e.g. `nginx -t`, or the same through ssh. */
  test: Argv;
  /** e.g. `nginx -s reload`. */
  reload: Argv;
  /** Milliseconds that any one command may take. */
  timeoutMsMax: number;
  /** When Nginx's files are on another machine; otherwise they are read and written directly. */
  files?: FileCommands | undefined;
}

/**
 * How to reach another machine's files. The words in braces are replaced within arguments; contents
 * go through standard input and output. ssh hands its arguments to a shell over there: that is
 * why paths may hold nothing that a shell would read.
 */
export interface FileCommands {
  /** Prints `{path}`; exit code 1 says that it is not there. E.g. `ssh lb cat {path}`. */
  read: Argv;
  /** Makes `{path}` hold standard input. E.g. `ssh lb dd of={path} conv=fsync status=none`. */
  write: Argv;
  /** Renames `{from}` to `{to}`, replacing it. E.g. `ssh lb mv -f {from} {to}`. */
  rename: Argv;
  /** Prints inode and size of `{path}`; exit code 1 if none. E.g. `ssh lb stat --printf=%i:%s {path}`. */
  stat: Argv;
  /** Prints `{path}` from its byte `{position}`, counted from 1. E.g. `ssh lb tail -c +{position} {path}`. */
  readFrom: Argv;
}
