import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CardctlError } from '../../lib/errors.js';
import type {
  LedgerVerdict,
  LoadEvent,
  LoadOptions,
  LoadReport,
  Target,
} from '../../loadtest/index.js';
import { type App, action } from '../app.js';
import type { Config } from '../config/index.js';
import { required } from '../config/required.js';
import { edgeOf } from '../engine/edge.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { Invocation, Outcome } from '../invocation.js';
import { formatCount } from '../render/format.js';
import { wholeNumber } from '../whole-number.js';

interface LoadtestFlags {
  source?: string;
  users: number;
  rps: number;
  duration: number;
  url?: string[];
  asNginx?: boolean;
  apiListen: string;
  writes: number;
  seed: number;
  ledger?: string;
  p99Ms?: number;
  maxErrors?: number;
  check?: boolean;
}

/** `cardctl loadtest` */
export function loadtestCommand(app: App): Command {
  return new Command('loadtest')
    .description('play Telegram and its players against the bots, and judge how they did')
    .option('--source <file>', 'the SQLite database whose players are played')
    .option('--users <n>', 'virtual players', wholeNumber, 1_000)
    .option('--rps <n>', 'updates a second, whatever the bots do', wholeNumber, 50)
    .option('--duration <time>', 'how long, e.g. 90s or 5m', durationOf, 60)
    .option(
      '--url <url...>',
      'where updates go; URL=WEIGHT spreads them (default: the bots of the configuration)',
    )
    .addOption(
      new Option(
        '--as-nginx',
        'spread updates over the bots by the weights of the upstream file, also when a shift changes them: where there is no Nginx',
      ).conflicts('url'),
    )
    .option(
      '--api-listen <address>',
      'where the bots find the Bot API meanwhile: set their telegram.apiRoot to it',
      '127.0.0.1:8082',
    )
    .option('--writes <share>', 'of the updates that change something, 0 to 1', shareOf, 0.3)
    .option('--seed <n>', 'the same seed makes the same decisions', wholeNumber, 1)
    .option('--ledger <file>', 'what was sent and acknowledged (default: in the work directory)')
    .option('--p99-ms <n>', 'fail when the 99th percentile of the latency is above', wholeNumber)
    .option('--max-errors <n>', 'fail when more attempts than this fail', countOf, 0)
    .option(
      '--check',
      'afterwards look in the authority whether every acknowledged write was applied once, and cards, fights, scores and hearts add up: nobody else may play meanwhile',
    )
    .action(action(app, run));
}

async function run(invocation: Invocation, flags: LoadtestFlags): Promise<Outcome> {
  const config = await invocation.config({ source: flags.source });
  const options = await loadOptions(config, flags, invocation);
  const { upstreamFile } = config.stacks.nginx;
  const weights = flags.asNginx === true ? `the weights in ${upstreamFile}` : null;
  if (invocation.options.dryRun)
    return { result: shown(options), text: planText(options, weights) };
  const strangers = options.targets.filter(({ url }) => !isLoopback(url));
  if (strangers.length > 0) {
    await invocation.confirm(
      `Play ${formatCount(options.users)} virtual players against ${strangers.map(({ url }) => url).join(', ')}? It changes their database.`,
    );
  }
  const { runLoadtest, startStandInEdge } = await import('../../loadtest/index.js');
  // Neither alone in the work directory nor in the journal: it is there to be run beside a shift.
  mkdirSync(dirname(options.ledgerPath), { recursive: true, mode: 0o700 });
  const { openLedgerCheck } = await import('../engine/ledger-check.js');
  const check = flags.check === true ? await openLedgerCheck(config, invocation.clock) : null;
  const edge =
    flags.asNginx === true ? await startStandInEdge(edgeOf(config), invocation.clock) : null;
  const report = await runLoadtest(
    { ...options, spread: edge?.spread },
    {
      clock: invocation.clock,
      signal: invocation.signal,
      report: (event) => tell(event, invocation),
    },
  ).finally(() => edge?.close());
  const ledger = check === null ? null : await check(options.ledgerPath);
  const pass = report.verdict.pass && ledger?.pass !== false;
  return {
    result: { ...report, pass, ledgerPath: options.ledgerPath, ledger },
    text: [reportText(report, options.ledgerPath), ...ledgerLines(ledger)].join('\n'),
    exitCode: pass ? EXIT_CODES.done : EXIT_CODES.refused,
  };
}

async function loadOptions(
  config: Config,
  flags: LoadtestFlags,
  { clock }: Invocation,
): Promise<LoadOptions> {
  const { telegram, bots } = config.stacks;
  const startedMs = clock.now().getTime();
  const { playerIds } = await import('../engine/player-ids.js');
  const { host, port } = listenAddress(flags.apiListen);
  return {
    users: flags.users,
    ratePerSecond: flags.rps,
    durationSeconds: flags.duration,
    targets: targetsOf(config, flags.url),
    secretToken: required(telegram.secretToken, 'telegram.secretToken'),
    botApi: { host, port, token: required(telegram.token, 'telegram.token') },
    ledgerPath: flags.ledger ?? join(config.workDir, 'loadtest', `${startedMs}.ndjson`),
    // Above all that the bots have seen: they were given out by Telegram, or by an earlier run.
    firstUpdateId: startedMs,
    userIds: config.source === null ? [] : playerIds(config.source, flags.users),
    writesShare: flags.writes,
    seed: flags.seed,
    adminUrls: bots.flatMap(({ adminUrl }) => adminUrl ?? []),
    adminToken: config.stacks.runtime.adminToken ?? undefined,
    thresholds: {
      ...(flags.p99Ms !== undefined && { p99MsMax: flags.p99Ms }),
      ...(flags.maxErrors !== undefined && { errorsMax: flags.maxErrors }),
      unfinishedMax: 0,
    },
  };
}

function targetsOf({ stacks }: Config, urls: readonly string[] | undefined): Target[] {
  if (urls !== undefined) return urls.map(targetOf);
  const { bots, telegram } = stacks;
  if (bots.length > 0) {
    return bots.map(({ address, foreign }) => ({
      url: foreign?.url ?? `http://${address}${telegram.webhookPath}`,
      weight: 1,
    }));
  }
  throw new CardctlError('usage', 'there is nothing to play against', {
    hint: 'say where updates go: cardctl loadtest --url https://bot.example.org/webhook   or name the bots in cardctl.json',
  });
}

function targetOf(text: string): Target {
  const match = /^(?<url>.+?)(?:=(?<weight>\d{1,4}))?$/.exec(text);
  const { url = '', weight = '1' } = match?.groups ?? {};
  if (URL.canParse(url)) return { url, weight: Number(weight) };
  throw new CardctlError('usage', `--url ${text} is no URL`, {
    hint: 'e.g. --url http://127.0.0.1:8443/webhook=9',
  });
}

function listenAddress(text: string): { host: string; port: number } {
  const match = /^(?<host>.+):(?<port>\d{1,5})$/.exec(text);
  const { host, port } = match?.groups ?? {};
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new CardctlError('usage', `--api-listen ${text} is no address`, {
    hint: 'e.g. --api-listen 127.0.0.1:8082',
  });
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

function tell(event: LoadEvent, { report }: Invocation): void {
  if (event.type === 'play') report(event);
  else report({ type: 'note', level: 'info', message: `the Bot API answers at ${event.url}` });
}

/** Without the secrets, which nobody needs to see. */
function shown(options: LoadOptions): object {
  const { secretToken: _secret, adminToken: _token, userIds = [], botApi, ...rest } = options;
  return { ...rest, botApi: { host: botApi.host, port: botApi.port }, players: userIds.length };
}

/** @param weights where they are read from; null when they stay as they are */
function planText(options: LoadOptions, weights: string | null): string {
  const { users, ratePerSecond, durationSeconds, targets, userIds = [], ledgerPath } = options;
  return [
    `would play ${formatCount(users)} players, ${formatCount(Math.min(users, userIds.length))} of them of the source, ${ratePerSecond} updates/s for ${durationSeconds} s`,
    ...targets.map(({ url, weight }) => `  to ${url}, ${weights ?? `weight ${weight}`}`),
    `  Bot API at ${options.botApi.host}:${options.botApi.port}`,
    `  ledger ${ledgerPath}`,
  ].join('\n');
}

function reportText(report: LoadReport, ledgerPath: string): string {
  const { updates, latencyMs, errors, verdict, stackShares, cacheHitRate } = report;
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const shares = Object.entries(stackShares).map(
    ([stack, share]) => `${stack} ${(100 * share).toFixed(1)}%`,
  );
  return [
    `updates     ${formatCount(updates.acknowledged)} acknowledged of ${formatCount(updates.sent)} sent, ${report.ratePerSecond.acknowledged.toFixed(0)}/s; ${formatCount(updates.writesAcknowledged)} writes`,
    `latency     p50 ${ms(latencyMs.p50)}, p95 ${ms(latencyMs.p95)}, p99 ${ms(latencyMs.p99)}, max ${ms(latencyMs.max)}`,
    `errors      ${formatCount(errors.total)}${errorKinds(errors.byKind)}, ${formatCount(report.retries)} retries, ${formatCount(report.late)} later than 5 s, ${formatCount(updates.unfinished)} unfinished`,
    `replies     ${formatCount(report.duplicateReplies)} doubled`,
    ...(shares.length === 0 ? [] : [`share       ${shares.join(', ')}`]),
    ...(cacheHitRate === null ? [] : [`cache       ${(100 * cacheHitRate).toFixed(1)}% hits`]),
    `ledger      ${ledgerPath}`,
    verdict.pass ? 'pass' : `fail: ${verdict.reasons.join('; ')}`,
  ].join('\n');
}

function ledgerLines(ledger: LedgerVerdict | null): string[] {
  if (ledger === null) return [];
  const checked = `${formatCount(ledger.writesChecked)} acknowledged writes`;
  const foreign = foreignLines(ledger);
  if (ledger.pass) {
    return [`balanced: ${checked} were each applied once${effectsText(ledger)}`, ...foreign];
  }
  return [
    `not balanced: ${formatCount(ledger.violations.length)} faults in ${checked}`,
    ...violationLines(ledger.violations),
    ...foreign,
  ];
}

function effectsText({ effects, foreign }: LedgerVerdict): string {
  if (effects === null || (foreign !== null && foreign.violations.length > 0)) return '';
  return `; ${formatCount(effects.cards)} cards, ${formatCount(effects.fights)} fights, and all scores and hearts add up`;
}

/** Beside the balance: the foreign bot promises nothing, and so breaks no promise. */
function foreignLines({ foreign }: LedgerVerdict): string[] {
  if (foreign === null) return [];
  const { writesAcknowledged, violations } = foreign;
  return [
    `beside it: ${formatCount(writesAcknowledged)} writes were the foreign bot’s, which keeps no ledger: an update that comes to it twice may count twice`,
    violations.length === 0
      ? '  all that is to be seen of them adds up'
      : `  ${formatCount(violations.length)} things do not add up, as it may be with such a bot`,
    ...violationLines(violations),
  ];
}

function violationLines(violations: LedgerVerdict['violations']): string[] {
  return violations
    .slice(0, VIOLATIONS_SHOWN)
    .map(({ rule, updateId, detail }) =>
      updateId === undefined ? `  ${rule}: ${detail}` : `  ${rule}: update ${updateId}: ${detail}`,
    );
}

const VIOLATIONS_SHOWN = 20;

function errorKinds(byKind: Record<string, number>): string {
  const kinds = Object.entries(byKind).map(([kind, count]) => `${kind} ${formatCount(count)}`);
  return kinds.length === 0 ? '' : ` (${kinds.join(', ')})`;
}

function durationOf(text: string): number {
  const match = /^([1-9]\d{0,5})(s|m|h)?$/.exec(text);
  if (match === null) throw new InvalidArgumentError('expected a time such as 90s, 5m or 1h');
  return Number(match[1]) * { s: 1, m: 60, h: 3_600 }[(match[2] ?? 's') as 's' | 'm' | 'h'];
}

function shareOf(text: string): number {
  if (/^(0|1|0?\.\d+|1\.0+)$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a share from 0 to 1');
}

function countOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number');
}
