import { filesOf } from '../../edge/files.js';
import { type ShiftResult, shift } from '../../edge/shift.js';
import type { Deps } from '../../steps/step.js';
import type { Config } from '../config/index.js';
import { edgeOf } from './edge.js';

/** How long a bot may take to say that it is ready, milliseconds. */
const READY_MS_MAX = 3_000;

/** How long the workers of Nginx may take to serve a new file, milliseconds. */
const RELOAD_MS_MAX = 30_000;

export interface ShiftRequest {
  /** Of the traffic, to the fleet. */
  percent: number;
  observe: { requests: number; secondsMax: number };
}

/** Shifts the traffic of the configured bots. */
export async function shiftTo(
  config: Config,
  { percent, observe }: ShiftRequest,
  { clock, signal, report }: Deps,
): Promise<ShiftResult> {
  const edge = edgeOf(config);
  const note = (message: string) => report({ type: 'note', level: 'info', message });
  return shift({
    config: edge,
    files: filesOf(edge.commands),
    percent,
    deadlineMs: RELOAD_MS_MAX,
    observe,
    ready: { token: config.stacks.runtime.adminToken ?? undefined, timeoutMsMax: READY_MS_MAX },
    clock,
    signal,
    onRecovered: ({ sentence }) => note(sentence),
    onStage: (stage) => note(STAGES[stage]),
  });
}

const STAGES = {
  kept: 'the present file is kept beside itself',
  written: 'the new file is written',
  replaced: 'the new file has its name; the workers go on with the old one',
  tested: 'Nginx accepts it',
  reloaded: 'Nginx is told to reload',
  served: 'every worker serves it; watching where requests go',
  proved: 'requests go where they should',
  settled: 'the way back is now the new file',
} as const;
