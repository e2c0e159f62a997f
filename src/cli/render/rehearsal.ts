import type { RehearsalReport } from '../../steps/rehearse/report.js';
import { formatCount, formatSeconds } from './format.js';
import { formatTable } from './table.js';

/** What a rehearsal found, for people. */
export function rehearsalText(report: RehearsalReport, { color }: { color: boolean }): string {
  const { result, reason, steps, pauses, real, findings, players, isBalanced, unbalanced } = report;
  const table = formatTable(
    ['step', 'time', 'worst p99', 'failed', 'outcome'],
    steps.map(({ step, seconds, worstP99Ms, errors, outcome }) => [
      step,
      formatSeconds(seconds),
      worstP99Ms === null ? '' : `${worstP99Ms.toFixed(0)} ms`,
      formatCount(errors),
      firstLine(outcome),
    ]),
    { rightAligned: [1, 2, 3], color },
  );
  return [
    ...(steps.length === 0 ? [] : [table, '']),
    ...pauses.map(({ what, ms }) => `pause       ${what}: ${Math.round(ms)} ms`),
    ...(players === null
      ? []
      : [
          `players     ${formatCount(players.updates)} updates acknowledged, ${formatCount(players.errors)} attempts failed${kindsOf(players.errorsByKind)}, p99 ${players.p99Ms.toFixed(0)} ms, slowest ${players.maxMs.toFixed(0)} ms`,
        ]),
    ...(isBalanced === null || players === null
      ? []
      : [
          isBalanced
            ? `ledger      balanced: ${formatCount(players.writesChecked)} acknowledged writes count once each`
            : 'ledger      NOT balanced: a move was lost or doubled',
        ]),
    ...unbalanced.map((what) => `            ${what}`),
    ...realLines(real),
    ...findings.map((finding) => `to know     ${finding}`),
    `rehearsal   ${result}${reason === '' ? '' : `: ${reason}`}`,
    'everything is taken down again; the source was only read',
  ].join('\n');
}

function kindsOf(errorsByKind: Record<string, number>): string {
  const told = Object.entries(errorsByKind).map(([kind, count]) => `${kind}: ${count}`);
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}

function realLines({ preparing, gates, total }: RehearsalReport['real']): string[] {
  if (gates.length === 0) return [];
  const told = gates.map(({ percent, seconds }) => `${percent}% ${formatSeconds(seconds)}`);
  return [
    `the real    about ${formatSeconds(total)}: ${formatSeconds(preparing)} before the first shift, then the gates, if as many updates come: ${told.join(', ')}`,
  ];
}

function firstLine(text: string): string {
  const first = text.split('\n')[0] ?? '';
  return first.length > 100 ? `${first.slice(0, 99)}…` : first;
}
