import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessResult, RunningProcess } from '../process.js';
import type { MoveStage } from './stage.js';
import { endedOrStopped } from './violence.js';

/** `cardctl follow`, started again whenever it ends, as a service manager does. */
export interface KeptFollow {
  /** The process that runs now, if one does. */
  readonly running: RunningProcess | null;
  /** How each that has ended did, in words. */
  readonly ends: string[];
  /** Resolves once the process that runs has caught up, has ended or stands still. */
  ready(): Promise<void>;
  /** Leaves the process that runs to itself: it is not started again. */
  retire(): void;
  stop(): Promise<void>;
}

/** How long after its end it is started again, milliseconds. */
const AGAIN_MS = 100;

const READY_MS_MAX = 60_000;

/** @param faultPoint of the first process; those that come after it have none */
export function keepFollowing(stage: MoveStage, faultPoint?: string): KeptFollow {
  const ends: string[] = [];
  let running: RunningProcess | null = null;
  let isStopped = false;
  const keeping = (async () => {
    let env: Record<string, string> =
      faultPoint === undefined ? {} : { CARDCTL_FAULT_POINT: faultPoint };
    while (!isStopped) {
      running = stage.startCardctl(['follow'], env);
      ends.push(inWords(await running.finished));
      running = null;
      env = {};
      if (!isStopped) await sleep(AGAIN_MS);
    }
  })();
  return {
    get running() {
      return running;
    },
    ends,
    ready: async () => {
      if (running === null) return;
      const caughtUp = running.waitFor(/caught up/).catch(() => undefined);
      await Promise.race([caughtUp, endedOrStopped(running, READY_MS_MAX)]);
    },
    retire: () => {
      isStopped = true;
    },
    stop: async () => {
      isStopped = true;
      running?.child.kill('SIGINT');
      await keeping;
    },
  };
}

/** Its signal or exit code, and the last that it said. */
export function inWords({ exitCode, signal, stdout, stderr }: ProcessResult): string {
  const said = (stdout.trim() || stderr.trim()).split('\n').at(-1) ?? '';
  return `${signal ?? exitCode}: ${said.slice(0, 600)}`;
}
