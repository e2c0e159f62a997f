import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadReport } from '../../src/loadtest/index.js';

/** What is to be played, as the load process is told. */
export interface Play {
  url: string;
  users: number;
  rps: number;
  seconds: number;
  /** Whether the bots keep a ledger to hold the tool's own against. */
  check: boolean;
  /** The run ends when so many updates are outstanding; default: never. */
  backlogMax?: number;
}

export interface Played {
  report: LoadReport;
  /** Null when there was nothing to check it against. */
  ledger: { pass: boolean; writesChecked: number; violations: readonly unknown[] } | null;
}

/** The load tool in a process of its own, which stays: what it compiled at first stays compiled. */
export interface Load {
  readonly pid: number;
  /** Resolves once the Bot API listens and updates are due; `finished` when all is told. */
  start(play: Play): Promise<{ finished: Promise<Played>; stop(): void }>;
  play(play: Play): Promise<Played>;
  close(): Promise<void>;
}

export type LoadMessage = { listening: true } | { played: Played } | { failed: string };

const PROCESS = fileURLToPath(new URL('./load-process.ts', import.meta.url));

/** @param certificate of Nginx */
export function openLoad(configPath: string, certificate: string): Load {
  const child = fork(PROCESS, [configPath], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate },
  });
  const start = async (play: Play) => {
    child.send({ play });
    const listening = await nextOf(child);
    if (!('listening' in listening)) throw new Error(failureIn(listening));
    const finished = nextOf(child).then((message) => {
      if ('played' in message) return message.played;
      throw new Error(failureIn(message));
    });
    finished.catch(() => undefined);
    return { finished, stop: () => void child.send({ stop: true }) };
  };
  return {
    pid: child.pid ?? 0,
    start,
    play: async (play) => (await start(play)).finished,
    close: async () => {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
}

function nextOf(child: ChildProcess): Promise<LoadMessage> {
  return new Promise((resolve) => {
    const onMessage = (message: LoadMessage) => {
      child.off('exit', onExit);
      resolve(message);
    };
    const onExit = () => {
      child.off('message', onMessage);
      resolve({ failed: 'the load process ended' });
    };
    child.once('message', onMessage);
    child.once('exit', onExit);
  });
}

function failureIn(message: LoadMessage): string {
  return 'failed' in message ? message.failed : 'the load process said something else';
}
