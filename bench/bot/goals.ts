import { resentIn } from '../lib/resent.js';
import { spreadOf } from '../lib/spread.js';
import type { Findings } from './report.js';
import { STEADY_P99_MS_MAX } from './steady.js';
import { BARE, CARDBOT } from './sustained.js';
import { WARM_S_MAX } from './warm.js';

const HIT_RATE_MIN = 0.9;

/** Cells: figure, goal, measured, each round, met. Only of what was measured. */
export function goalRows(findings: Findings): string[][] {
  return [
    ...steadyRows(findings),
    ...sustainedRow(findings),
    ...warmRow(findings),
    ...shiftsRow(findings),
  ];
}

function steadyRows({ steady, options }: Findings): string[][] {
  if (steady === null) return [];
  const { latencyMs, errors, cacheHitRate } = steady.played.report;
  const met = latencyMs.p99 < STEADY_P99_MS_MAX && errors.total === 0;
  const rate = cacheHitRate ?? 0;
  return [
    [
      `${options.users.toLocaleString('en')} virtual users, ${options.rps} updates/s`,
      `p99 under ${STEADY_P99_MS_MAX} ms, no errors`,
      `${latencyMs.p99.toFixed(1)} ms, ${errors.total} errors`,
      '',
      yesNo(met),
    ],
    ...(steady.highest === null
      ? []
      : [['the highest rate with that p99', '', `${steady.highest}/s`, '', '']]),
    [
      'cache hit rate meanwhile',
      'at least 90%',
      `${(100 * rate).toFixed(1)}%`,
      '',
      yesNo(rate >= HIT_RATE_MIN),
    ],
  ];
}

/** Of the medians; beside them what each took in each round. */
function sustainedRow({ sustained }: Findings): string[][] {
  const of = (title: string) =>
    sustained?.find((each) => each.title === title)?.rounds.map(({ rps }) => rps);
  const [ours, bare] = [of(CARDBOT), of(BARE)];
  if (ours === undefined || bare === undefined) return [];
  const [median, other] = [spreadOf(ours).median, spreadOf(bare).median];
  const rounds = ours.map((rps, round) => `${rps} and ${bare[round]}`);
  return [
    [
      'most updates/s of one bot',
      `at least the bare bot's`,
      `${median} and ${other}`,
      rounds.join(', '),
      yesNo(median >= other),
    ],
  ];
}

function warmRow({ warmed }: Findings): string[][] {
  if (warmed === null) return [];
  const seconds = warmed.map((each) => each.seconds);
  const { median } = spreadOf(seconds);
  const players = warmed[0]?.players ?? 0;
  return [
    [
      `\`warm\`, ${players.toLocaleString('en')} players`,
      `under ${WARM_S_MAX} s`,
      `${median.toFixed(1)} s`,
      seconds.map((each) => each.toFixed(1)).join(', '),
      yesNo(median < WARM_S_MAX),
    ],
  ];
}

function shiftsRow({ shifts }: Findings): string[][] {
  if (shifts === null) return [];
  const { report, ledger } = shifts.played;
  const resent = resentIn(report.errors.byKind);
  const failed = report.errors.total - resent + report.updates.unfinished;
  const doubled = report.duplicateReplies + (ledger?.violations.length ?? 0);
  return [
    [
      `${shifts.shifts} shifts under ${shifts.rps} updates/s`,
      'no update failed or doubled',
      `${failed} failed, ${doubled} doubled; ${resent} attempts met a connection that was being closed`,
      '',
      yesNo(failed === 0 && doubled === 0 && ledger?.pass === true),
    ],
  ];
}

function yesNo(met: boolean): string {
  return met ? 'yes' : 'no';
}
