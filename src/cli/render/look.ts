import type { LookEvent } from '../../lib/report.js';
import { formatCount } from './format.js';

/** One line of what is seen. */
export function lookLine(look: LookEvent): string {
  return `${look.step}: ${[...numbers(look), decided(look)].join(', ')}`;
}

/** The same for a terminal: the numbers, then a line for each gate. */
export function lookLines(look: LookEvent): string[] {
  const width = Math.max(0, ...look.gates.map(({ gate }) => gate.length));
  return [
    numbers(look).join(', '),
    ...look.gates.map(
      ({ gate, verdict, reason }) => `${MARKS[verdict]} ${gate.padEnd(width)}  ${reason}`,
    ),
  ];
}

const MARKS = { pass: '✓', hold: '…', fail: '✗' };

function numbers(look: LookEvent): string[] {
  const { percentWanted, percentSeen, requestsPerSecond, errors, p99Ms, lagMs } = look;
  return [
    `${percentWanted}% to the fleet (${known(percentSeen, (seen) => `${seen.toFixed(1)}% seen`)})`,
    known(requestsPerSecond, (rate) => `${rate.toFixed(0)} updates/s`),
    known(errors, ({ hits, of }) => `${formatCount(hits)} errors of ${formatCount(of)}`),
    known(p99Ms, (ms) => `p99 ${ms.toFixed(0)} ms`),
    known(lagMs, (ms) => `lag ${ms.toFixed(0)} ms`),
    `${look.authority} epoch ${look.epoch}`,
  ];
}

function known<Value>(value: Value | null, say: (value: Value) => string): string {
  return value === null ? '?' : say(value);
}

function decided({ gates }: LookEvent): string {
  const open = gates.filter(({ verdict }) => verdict !== 'pass');
  if (open.length === 0) return `${gates.length} gates pass`;
  return open.map(({ gate, verdict }) => `${gate}: ${verdict}`).join(', ');
}
