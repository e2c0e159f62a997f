import type { EdgeConfig } from '../../../edge/config.js';
import { scratchNginx } from './nginx.js';
import { WEBHOOK_PATH } from './scratch-config.js';

/** What spreads the updates of a rehearsal over its bots. */
export interface ScratchEdge {
  /** How a new upstream file is tested and put in force. */
  commands: { test: readonly string[]; reload: readonly string[] };
  /** Starts it on the upstream file that is there; null when there is nothing to start. */
  start: ((edge: EdgeConfig) => Promise<{ stop(): Promise<void> }>) | null;
  /** How `cardctl loadtest` reaches it. */
  players(edge: EdgeConfig): { args: readonly string[]; env: Record<string, string> };
  /** What a rehearsal with it leaves untried. */
  findings: readonly string[];
}

/** An Nginx where this machine has one, and else the load tool itself. */
export async function scratchEdge(directory: string): Promise<ScratchEdge> {
  const nginx = await scratchNginx(directory);
  if ('missing' in nginx) return standIn(nginx.missing);
  return {
    commands: {
      test: [...nginx.command, '-t'],
      reload: [...nginx.command, '-s', 'reload'],
    },
    start: nginx.start,
    players: ({ listenPort, certificate }) => ({
      args: ['--url', `https://127.0.0.1:${listenPort}${WEBHOOK_PATH}`],
      // It is known to nobody.
      env: { NODE_EXTRA_CA_CERTS: certificate },
    }),
    findings: [],
  };
}

/** It looks at the file by itself, so there is nothing to be told. */
const NOTHING_TO_RUN = [process.execPath, '--version'];

function standIn(missing: string): ScratchEdge {
  return {
    commands: { test: NOTHING_TO_RUN, reload: NOTHING_TO_RUN },
    start: null,
    players: () => ({ args: ['--as-nginx'], env: {} }),
    findings: [
      `there is no ${missing} here: the load tool spread the updates by the same weights, and Nginx itself was not tried`,
    ],
  };
}
