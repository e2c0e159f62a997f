/**
 * Shifts, and kills itself at a point: what the tests of recovery run.
 *
 *     node --import tsx test/support/apply-process.ts '{"config": …, "percent": …, "killAt": …}'
 */
import { filesOf } from '../../src/edge/files.js';
import { shift } from '../../src/edge/shift.js';
import { systemClock } from '../../src/lib/clock.js';

const { config, percent, killAt } = JSON.parse(process.argv[2] ?? '{}');

await shift({
  config,
  files: filesOf(config.commands),
  percent,
  observe: { requests: 0, secondsMax: 0 },
  ready: { timeoutMsMax: 5_000 },
  deadlineMs: 20_000,
  clock: systemClock,
  onStage: (stage) => {
    if (stage === killAt) process.kill(process.pid, 'SIGKILL');
  },
});
