import { spawn } from 'node:child_process';

/** Watches over a server until it is dismissed. */
export interface Guard {
  /** Ends the guard without its doing anything. */
  dismiss(): void;
}

/**
 * Stops a server and removes its directory when this process is gone, however it went: Ctrl-C, a
 * crash, `kill -9`. The guard is a shell that waits for its standard input, a pipe which only this
 * process holds, to close. It signals whom the server's pid file names then, if anyone.
 */
export function guardServer(server: { pidFile: string; directory: string }): Guard {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'guard', server.pidFile, server.directory], {
    cwd: '/',
    // Its own process group, so that the terminal's Ctrl-C does not reach it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
  });
  guard.unref();
  return {
    dismiss: () => {
      guard.kill('SIGKILL');
    },
  };
}

const GUARD = `
pid_file=$1 directory=$2
pid() { head -n 1 "$pid_file" 2>/dev/null; }
running() { [ -n "$(pid)" ] && kill -0 "$(pid)" 2>/dev/null; }
read -r _
running && kill -INT "$(pid)"
tries=0
while running && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
running && kill -QUIT "$(pid)" && sleep 1
rm -rf "$directory"
`;
