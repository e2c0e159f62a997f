import type { Machine } from '../lib/machine.js';
import { markdownTable } from '../lib/markdown.js';
import { goalRows } from './goals.js';
import type { Played } from './load.js';
import type { Options } from './options.js';
import type { Shifts } from './shifts.js';
import { STEADY_WARM_UP_S, type Steady } from './steady.js';
import { EASY, SUSTAINED_P99_MS_MAX, SUSTAINED_WARM_UP_S, type Sustained } from './sustained.js';
import type { Warmed } from './warm.js';

/** All that one run of the bench found out; null is what was left out. */
export interface Findings {
  date: string;
  command: string;
  options: Options;
  machine: Machine;
  /** Share of the CPU time that the host gave to others during the run. */
  stolenShare: number;
  versions: Readonly<Record<string, string>>;
  sustained: readonly Sustained[] | null;
  steady: Steady | null;
  warmed: readonly Warmed[] | null;
  shifts: Shifts | null;
}

/** The findings as a section of docs/benchmarks.md. */
export function renderReport(findings: Findings): string {
  const parts = [
    '## Bots behind Nginx',
    conditions(findings),
    ...titled('### Against the goals', goals(findings)),
    ...titled('### Players through Nginx', plays(findings)),
    ...titled('### Where the CPU time goes', budget(findings)),
    ...titled(
      '### What one process takes',
      [probes(findings), costs(findings)].join('\n\n').trim(),
    ),
    '### How it was measured',
    method(findings),
  ];
  return `${parts.join('\n\n')}\n`;
}

function titled(title: string, body: string): string[] {
  return body === '' ? [] : [title, body];
}

function conditions({ date, command, machine, stolenShare, versions, options }: Findings): string {
  const versionList = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `- Run: ${date}, \`${command}\``,
    `- Machine: ${machine.cores} cores, ${machine.cpu}, ${machine.kernel}; load ${machine.load.toFixed(1)} before it began, ${(stolenShare * 100).toFixed(1)}% of the CPU time stolen by the host while it ran`,
    `- Versions: ${versionList.join(', ')}`,
    `- All on that machine: Nginx, one legacy and three fleet bots, Postgres primary and streaming replica (fsync on), Redis, and the load tool`,
    `- Game: ${options.players.toLocaleString('en')} players, ${options.users.toLocaleString('en')} of them play, a tenth of them new; 30% of the updates change something`,
  ].join('\n');
}

function goals(findings: Findings): string {
  const rows = goalRows(findings);
  return rows.length === 0
    ? ''
    : markdownTable(['figure', 'goal', 'measured', 'each round', 'met'], rows);
}

function plays({ steady, shifts, options }: Findings): string {
  const rows = [
    ...(steady === null ? [] : [playRow(`steady, ${options.seconds} s`, steady.played)]),
    ...(shifts === null
      ? []
      : [
          playRow(
            `${shifts.shifts} shifts in ${shifts.seconds.toFixed(0)} s, ${shifts.proven} proven by their sample`,
            shifts.played,
          ),
        ]),
  ];
  if (rows.length === 0) return '';
  const head = ['', 'updates', 'p50', 'p95', 'p99', 'p99.9', 'max', 'failed', 'hits', 'writes'];
  return markdownTable(head, rows, { leftAligned: 1 });
}

function playRow(name: string, { report, ledger }: Played): string[] {
  const { latencyMs, updates, errors, cacheHitRate } = report;
  const times = [latencyMs.p50, latencyMs.p95, latencyMs.p99, latencyMs.p999, latencyMs.max];
  return [
    name,
    String(updates.acknowledged),
    ...times.map((ms) => ms.toFixed(1)),
    failuresIn(errors),
    cacheHitRate === null ? '' : `${(100 * cacheHitRate).toFixed(1)}%`,
    ledger === null ? '' : `${ledger.writesChecked}, ${ledger.pass ? 'each once' : 'NOT BALANCED'}`,
  ];
}

/** E.g. `3 (status 503 2, timeout 1)`. */
function failuresIn({ total, byKind }: Played['report']['errors']): string {
  const kinds = Object.entries(byKind).map(([kind, count]) => `${kind} ${count}`);
  return kinds.length === 0 ? String(total) : `${total} (${kinds.join(', ')})`;
}

function budget({ steady, options }: Findings): string {
  if (steady === null) return '';
  const updates = options.rps * steady.cpuSeconds;
  const rows = [...steady.cpu].map(([name, ms]) => [
    name,
    (ms / updates).toFixed(3),
    `${((100 * ms) / (1_000 * steady.cpuSeconds)).toFixed(0)}%`,
  ]);
  const total = [...steady.cpu.values()].reduce((sum, ms) => sum + ms, 0);
  rows.push([
    'all',
    (total / updates).toFixed(3),
    `${((100 * total) / (1_000 * steady.cpuSeconds)).toFixed(0)}%`,
  ]);
  return markdownTable(['steady', 'ms an update', 'of one core'], rows, { leftAligned: 1 });
}

/** At the same rate for both. */
function costs({ sustained }: Findings): string {
  if (sustained === null) return '';
  const users = [...new Set(sustained.flatMap(({ cpu }) => [...cpu.keys()]))];
  const rows = users.map((user) => [
    user,
    ...sustained.map(({ cpu }) => ((cpu.get(user) ?? 0) / (EASY.rps * EASY.seconds)).toFixed(3)),
  ]);
  const head = [`ms an update, at ${EASY.rps}/s`, ...sustained.map(({ title }) => `for ${title}`)];
  return markdownTable(head, rows, { leftAligned: 1 });
}

function probes({ sustained }: Findings): string {
  if (sustained === null) return '';
  const rows = sustained.flatMap(({ title, rounds }) =>
    rounds.map(({ rps, probes: all }, round) => [
      title,
      `${round + 1}.`,
      String(rps),
      all.map((each) => `${each.rps}: ${each.p99Ms.toFixed(0)}`).join(', '),
    ]),
  );
  const head = ['', 'round', 'updates/s', 'tried, with their p99 in ms'];
  return markdownTable(head, rows);
}

function method({ options }: Findings): string {
  return [
    '- Updates are due at a fixed rate, whatever becomes of those before (an open model), at random intervals; latency is from the intended start, milliseconds. At most 40 posts are under way, in the order that Telegram keeps.',
    `- Before it counts, each bot is given ${SUSTAINED_WARM_UP_S} seconds of updates, for the players through Nginx ${STEADY_WARM_UP_S} at the same rate, until what runs often is compiled, and Redis is loaded by \`cardctl warm\`.`,
    '- Writes are held against the ledger that the load tool wrote before it sent them: acknowledged, and found applied once.',
    '- A bot sends as many messages a second as it can in all; the limits of each chat and group are those of Telegram.',
    `- Most updates/s: posted to one bot directly, in probes of 6 s, the highest rate without a failed attempt and with a p99 under ${SUSTAINED_P99_MS_MAX} ms; both in turn, ${options.rounds} rounds, the median counts. The bare bot (bench/bot/bare-bot.ts) is the same game with the same statements on grammY, \`pg\` and ioredis, answering through the webhook where it can: no ledger, no outbox, no redelivery, no second side.`,
    '- `warm`: the wall time of the whole command, into an empty Redis, from a database of 100,000 players.',
  ].join('\n');
}
