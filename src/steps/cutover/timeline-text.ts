import type { Timeline, TimelineEntry } from './timeline.js';

/** A timeline in Markdown, for a post-mortem. Times are UTC. */
export function timelineText(timeline: Timeline): string {
  const { entries, beganAt, endedAt, result, reason } = timeline;
  const pauses = entries.filter(({ authority }) => authority !== null);
  const percent = entries.findLast((entry) => entry.percent !== null)?.percent;
  const runs = new Set(entries.map(({ run }) => run)).size;
  return [
    `# Cutover of ${beganAt.slice(0, 10)}: ${result}`,
    '',
    ...(reason === '' ? [] : [cell(reason), '']),
    `- began ${timeOf(beganAt)}, ended ${timeOf(endedAt)} UTC: ${lasted(beganAt, endedAt)}${runs > 1 ? `, in ${runs} runs` : ''}`,
    `- traffic at the end: ${percent === undefined ? 'as before' : `${percent}% to the fleet`}`,
    ...(pauses.length === 0
      ? ['- the authority did not change, and no write was paused']
      : pauses.map(pauseText)),
    '',
    '## Steps',
    '',
    ...table(
      ['began', 'took', 'step', 'traffic', 'outcome'],
      entries.map((entry) => [
        timeOf(entry.beganAt),
        entry.endedAt === null ? 'killed' : lasted(entry.beganAt, entry.endedAt),
        entry.state === 'failed' ? `**${entry.step}**` : entry.step,
        entry.percent === null ? '' : `${entry.percent}%`,
        entry.outcome,
      ]),
    ),
    ...entries.filter(({ verdicts }) => verdicts.length > 0).flatMap(gateText),
    '',
  ].join('\n');
}

function pauseText({ beganAt, authority }: TimelineEntry): string {
  if (authority === null) return '';
  const { store, epoch, pauseMs } = authority;
  return `- ${timeOf(beganAt)}: ${store} became the authority, epoch ${epoch}; writes paused for ${Math.round(pauseMs)} ms`;
}

function gateText({ step, beganAt, verdicts }: TimelineEntry): string[] {
  return [
    '',
    `## ${step}, begun ${timeOf(beganAt)}`,
    '',
    ...table(
      ['gate', 'verdict', 'value', 'limit', 'samples', 'reason'],
      verdicts.map(({ gate, verdict, value, limit, unit, samples, reason }) => [
        gate,
        verdict === 'pass' ? verdict : `**${verdict}**`,
        value === null ? 'unknown' : `${Number(value.toPrecision(4))} ${unit}`,
        `${limit} ${unit}`,
        samples === null ? 'unknown' : String(samples),
        reason,
      ]),
    ),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)];
}

/** On one line, and no end of its cell. */
function cell(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|');
}

function timeOf(iso: string): string {
  return iso.slice(11, 19);
}

function lasted(from: string, to: string): string {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}
