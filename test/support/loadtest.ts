import { startCardctl } from './cardctl.js';
import type { Stage } from './stage.js';

export interface LoadOptions {
  urls: readonly string[];
  users?: number;
  rps?: number;
  /** The share of updates that are writes; default 0.3. */
  writes?: number;
  seconds: number;
  /** Failed attempts that are no failure of the test: what was killed could not answer. */
  errorsMax?: number;
  /** Of Nginx, when updates go through it. */
  certificate?: string;
}

/** What a load test found, with its ledger held against the authority's. */
export interface LoadResult {
  pass: boolean;
  ledger: {
    pass: boolean;
    writesChecked: number;
    effects: { cards: number; fights: number };
    violations: unknown[];
    foreign: {
      writesAcknowledged: number;
      violations: { rule: string; userId: string; detail: string }[];
    } | null;
  };
  errors: { total: number; byKind: Record<string, number> };
  updates: { due: number; acknowledged: number; writesAcknowledged: number; unfinished: number };
  latencyMs: { p50: number; p99: number; max: number };
  late: number;
  duplicateReplies: number;
  stackShares: Record<string, number>;
  cacheHitRate: number | null;
  retries: number;
}

/** Starts `cardctl loadtest` against a stage; resolves once its Bot API is there. */
export async function startLoad(
  stage: Stage,
  { urls, users = 200, rps = 100, writes = 0.3, seconds, errorsMax = 0, certificate }: LoadOptions,
): Promise<{ finished: Promise<LoadResult>; stop(): Promise<LoadResult> }> {
  const running = startCardctl(
    [
      ...['loadtest', '--config', stage.configPath, '--json', '--check'],
      ...['--users', `${users}`, '--rps', `${rps}`, '--duration', `${seconds}s`],
      ...['--writes', `${writes}`],
      ...['--max-errors', `${errorsMax}`, '--api-listen', stage.apiListen, '--url', ...urls],
    ],
    {
      timeoutMs: (seconds + 120) * 1_000,
      ...(certificate !== undefined && { env: { NODE_EXTRA_CA_CERTS: certificate } }),
    },
  );
  await running.waitFor(/the Bot API answers/);
  const finished = running.finished.then(({ stdout, stderr }) => resultOf(stdout, stderr));
  // A test that failed before does not wait for it.
  finished.catch(() => undefined);
  return {
    finished,
    stop: () => {
      running.child.kill('SIGINT');
      return finished;
    },
  };
}

function resultOf(stdout: string, stderr: string): LoadResult {
  const { ok, result, error } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
  if (ok !== true) throw new Error(`the load test failed: ${error?.message ?? stderr}`);
  return result;
}
