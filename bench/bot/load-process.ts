import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/cli/config/index.js';
import { openLedgerCheck } from '../../src/cli/engine/ledger-check.js';
import { playerIds } from '../../src/cli/engine/player-ids.js';
import { systemClock } from '../../src/lib/clock.js';
import { runLoadtest } from '../../src/loadtest/index.js';
import type { LoadMessage, Play, Played } from './load.js';

const config = loadConfig({
  file: process.argv[2],
  flags: {},
  env: process.env,
  cwd: process.cwd(),
  onSecret: () => undefined,
});
const directory = join(config.workDir, 'loadtest');
mkdirSync(directory, { recursive: true });

let nextUpdateId = Date.now();
let stopped = new AbortController();

process.on('message', (message: { play: Play } | { stop: true }) => {
  if ('stop' in message) {
    stopped.abort();
    return;
  }
  stopped = new AbortController();
  play(message.play).then(
    (played) => tell({ played }),
    (error: unknown) => tell({ failed: error instanceof Error ? error.message : String(error) }),
  );
});

async function play({ url, users, rps, seconds, check, backlogMax }: Play): Promise<Played> {
  const { telegram, runtime, bots } = config.stacks;
  const { hostname, port } = new URL(telegram.apiRoot);
  const firstUpdateId = nextUpdateId;
  const holdAgainst = check ? await openLedgerCheck(config, systemClock) : null;
  const ledgerPath = join(directory, `${firstUpdateId}.ndjson`);
  const report = await runLoadtest(
    {
      users,
      ratePerSecond: rps,
      durationSeconds: seconds,
      targets: [{ url, weight: 1 }],
      secretToken: telegram.secretToken ?? '',
      botApi: { host: hostname, port: Number(port), token: telegram.token ?? '' },
      ledgerPath,
      firstUpdateId,
      userIds: playerIds(config.source ?? '', users),
      seed: firstUpdateId,
      drainSecondsMax: 10,
      ...(backlogMax !== undefined && { backlogMax }),
      adminUrls: bots.flatMap(({ adminUrl }) => adminUrl ?? []),
      adminToken: runtime.adminToken ?? undefined,
    },
    {
      clock: systemClock,
      signal: stopped.signal,
      report: ({ type }) => {
        if (type === 'listening') tell({ listening: true });
      },
    },
  );
  // Faster than a thousand a second they would meet those of the next run.
  nextUpdateId = Math.max(Date.now(), firstUpdateId + report.updates.due + 1);
  return { report, ledger: (await holdAgainst?.(ledgerPath)) ?? null };
}

function tell(message: LoadMessage): void {
  process.send?.(message);
}
