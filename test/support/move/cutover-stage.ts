import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Timeline } from '../../../src/steps/cutover/timeline.js';
import { startCardctl } from '../cardctl.js';
import { atEnd } from '../cleanup.js';
import { type LoadResult, startLoad } from '../loadtest.js';
import { smallGame } from '../moved-game.js';
import type { ProcessResult, RunningProcess } from '../process.js';
import type { StageBot } from '../stage.js';
import { makeStageBehindNginx, type StageBehindNginx } from '../stage-nginx.js';

/** A game with players behind Nginx, all of them at the legacy bot, and nothing moved yet. */
export interface CutoverStage extends StageBehindNginx {
  legacy: StageBot;
  fleet: StageBot[];
  /** Starts `cardctl cutover --json`; its follow process ends with the test. */
  cutover(args?: readonly string[], env?: Record<string, string>): RunningProcess;
  /** Runs a cutover to its end, with the fleet started as soon as it is asked for. */
  runCutover(args?: readonly string[]): Promise<CutoverResult>;
  startFleet(): Promise<void>;
  play(options?: { errorsMax?: number }): Promise<{ stop(): Promise<LoadResult> }>;
  /** What the databases, the edge and the journal say. */
  status(): Promise<MoveNow>;
  /** The last that a cutover has left. */
  timeline(): Timeline;
}

export interface CutoverResult {
  exitCode: number | null;
  /** `result`, or `error` of a run that failed. */
  result: Record<string, unknown>;
  events: Record<string, unknown>[];
  stderr: string;
}

export interface MoveNow {
  authority: string;
  percent: number;
  unfinished: string | null;
}

const LIMITS = {
  errorRate: 0.02,
  p99Ms: 10_000,
  lagMs: 5_000,
  pendingUpdates: 1_000,
  updateAgeS: 60,
  hitRate: 0.05,
  samplesMin: 100,
};

const STEPS = [50, 100];

/** @param more further keys of `cutover` in the configuration */
export async function makeCutoverStage({
  limits,
  ...more
}: {
  limits?: object;
  [key: string]: unknown;
} = {}): Promise<CutoverStage> {
  const { options } = await smallGame();
  const cutover = {
    steps: STEPS,
    promoteAfter: 50,
    holdSeconds: 300,
    limits: { ...LIMITS, ...limits },
    ...more,
  };
  const behind = await makeStageBehindNginx({ ...options, fleet: 2, more: { cutover } });
  const { stage, url, certificate } = behind;
  const [legacy, ...fleet] = stage.bots as [StageBot, ...StageBot[]];
  await stage.start(legacy);
  const journal = `${options.directory}/work/journal.ndjson`;
  atEnd(() => endFollowers(journal));
  const start = (args: readonly string[] = [], env: Record<string, string> = {}) =>
    startCardctl(['cutover', '--config', stage.configPath, '--yes', '--json', ...args], {
      env,
      timeoutMs: 1_200_000,
    });
  const startFleet = async () => void (await Promise.all(fleet.map((bot) => stage.start(bot))));
  return {
    ...behind,
    legacy,
    fleet,
    startFleet,
    cutover: start,
    runCutover: async (args) => {
      const running = start(args);
      const isUp = fleet.every(({ process }) => process !== null);
      if (!isUp) {
        await running.waitFor(/waiting: not ready for traffic: fleet/);
        await startFleet();
      }
      return resultOf(await running.finished);
    },
    play: async ({ errorsMax = 1_000 } = {}) => {
      const urls = [url];
      return startLoad(stage, {
        urls,
        users: 100,
        rps: 25,
        seconds: 1_200,
        errorsMax,
        certificate,
      });
    },
    status: async () => {
      const args = ['status', '--config', stage.configPath, '--json', '--quiet'];
      const { stdout } = await startCardctl(args).finished;
      const { facts, percent } = JSON.parse(stdout).result.move;
      const { authority, unfinished } = facts;
      return { authority: authority.store, percent, unfinished };
    },
    timeline: () => {
      const directory = `${options.directory}/work/timelines`;
      const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
      return JSON.parse(readFileSync(`${directory}/${names.sort().at(-1)}`, 'utf8'));
    },
  };
}

/** What a process that has ended said. */
export function resultOf({ exitCode, stdout, stderr }: ProcessResult): CutoverResult {
  const events = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const last = events.at(-1) ?? {};
  return { exitCode, result: last.result ?? last.error ?? {}, events, stderr };
}

/** Every move that was acknowledged counts once, and nothing is left over. */
export function expectBalanced(result: LoadResult): void {
  expect(result.ledger).toMatchObject({ pass: true, violations: [] });
  expect(result.ledger.writesChecked).toBeGreaterThan(100);
  expect(result.updates).toMatchObject({ unfinished: 0 });
}

/** They outlive whoever started them, on purpose. */
async function endFollowers(journal: string): Promise<void> {
  const lines = readFileSync(journal, 'utf8').split('\n');
  for (const line of lines) {
    const pid = /"logPath":"[^"]*follow\.log"/.test(line) && /"pid":(\d+)/.exec(line)?.[1];
    if (pid) await endProcess(Number(pid));
  }
}

async function endProcess(pid: number): Promise<void> {
  const isThere = (signal: NodeJS.Signals | 0) => {
    try {
      return process.kill(pid, signal);
    } catch {
      return false;
    }
  };
  isThere('SIGTERM');
  for (let i = 0; i < 100 && isThere(0); i++) await sleep(50);
  isThere('SIGKILL');
}
