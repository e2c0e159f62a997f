import type { EdgeServer, Stack } from '../../../edge/config.js';
import { getText } from './get-text.js';
import { reasonOf } from './reason.js';
import { METRICS, type Sample, type Scrape } from './sample.js';
import { parseTextFormat } from './text-format.js';
import { within } from './within.js';

export interface BotsSource {
  /** Those of the stack that have an `adminUrl` are asked. */
  servers: readonly EdgeServer[];
  stack: Stack;
  /** The bearer token of the admin listeners. */
  token: string | undefined;
  /** Default: 2,000. */
  timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 2_000;

/** Asks the bots of a stack for their `/metrics`, all at once. */
export async function scrapeBots(source: BotsSource, signal: AbortSignal): Promise<Scrape> {
  const asked = source.servers.filter(({ stack }) => stack === source.stack);
  const instances = new Map<string, readonly Sample[]>();
  const problems: string[] = [];
  await Promise.all(
    asked.map(async ({ name, adminUrl }) => {
      try {
        if (adminUrl === undefined) throw new Error('it has no admin URL to ask');
        instances.set(name, await scrape(adminUrl, source, signal));
      } catch (error) {
        problems.push(`${name}: ${reasonOf(error)}`);
      }
    }),
  );
  if (asked.length === 0) problems.push(`there are no ${source.stack} bots`);
  return { instances, problems: problems.sort() };
}

const NAMES: ReadonlySet<string> = new Set(Object.values(METRICS));

async function scrape(
  adminUrl: string,
  { stack, token, timeoutMs = TIMEOUT_MS }: BotsSource,
  signal: AbortSignal,
): Promise<Sample[]> {
  const text = await within(timeoutMs, signal, (ended) =>
    getText(new URL('/metrics', adminUrl), { bearer: token, signal: ended }),
  );
  const samples = parseTextFormat(text).filter(
    ({ name, labels }) => NAMES.has(name) && labels.stack === stack,
  );
  if (samples.length === 0) throw new Error(`it counts nothing as a ${stack} bot`);
  return samples;
}
