import { markdownTable } from '../lib/markdown.js';
import { resentIn } from '../lib/resent.js';
import type { RehearsalFindings } from './rehearsal.js';
import { type Conditions, conditionLines, ms } from './report.js';

const LEDGER = { true: 'balanced', false: 'NOT balanced', null: 'not checked' } as const;

const ANSWER_MS_MAX = 5_000;
const REHEARSAL_S_MAX = 300;

/** The findings as a section of docs/benchmarks.md. */
export function renderRehearsal(findings: Conditions & { rehearsal: RehearsalFindings }): string {
  const { seconds, players, rps, report } = findings.rehearsal;
  const { result, reason, players: played, pauses, steps, isBalanced } = report;
  const resent = resentIn(played?.errorsByKind ?? {});
  const failed = (played?.errors ?? 0) - resent;
  const slowest = played?.maxMs ?? Number.POSITIVE_INFINITY;
  const table = markdownTable(
    ['figure', 'goal', 'measured', 'met'],
    [
      [
        'updates that failed; slowest answer',
        'none; 5 s',
        `${failed} of ${(played?.updates ?? 0).toLocaleString('en')}; ${ms(slowest)}; ${resent} attempts met a connection that was being closed`,
        failed === 0 && slowest <= ANSWER_MS_MAX ? 'yes' : 'no',
      ],
      [
        'a whole rehearsal',
        'under 5 minutes',
        `${seconds.toFixed(0)} s`,
        seconds < REHEARSAL_S_MAX && result === 'passed' ? 'yes' : 'no',
      ],
    ],
  );
  const told = pauses.map(({ what, ms: pauseMs }) => `${what} ${ms(pauseMs)}`).join(', ');
  const times = markdownTable(
    ['step', 'seconds', 'p99 of its worst second, ms', 'attempts that failed'],
    steps.map(({ step, seconds: s, worstP99Ms, errors }) => [
      step,
      s.toFixed(1),
      worstP99Ms === null ? '' : worstP99Ms.toFixed(0),
      `${errors}`,
    ]),
    { leftAligned: 1 },
  );
  return `${[
    '## A whole cutover and its rollback',
    conditionLines(findings).join('\n'),
    table,
    [
      `- \`cardctl rehearse\` with ${players.toLocaleString('en')} players and ${rps} updates/s: ${result}${reason === '' ? '' : ` (${reason})`}; ledger ${LEDGER[`${isBalanced}`]}, ${(played?.writesChecked ?? 0).toLocaleString('en')} acknowledged writes`,
      `- p99 of all answers, from the moment each update was due: ${ms(played?.p99Ms ?? 0)}`,
      `- Pauses: ${told}`,
    ].join('\n'),
    times,
  ].join('\n\n')}\n`;
}
