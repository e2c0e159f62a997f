/** The process in which one task runs: see `runInChild`. */
import type { Report } from '../../lib/report.js';
import { toWire } from '../../lib/wire-error.js';
import type { ChildMessage } from './child.js';
import { copySource } from './copy.js';
import { inspect } from './inspect.js';
import { sampleSource } from './sample.js';
import { survey } from './survey.js';
import type { TaskName, TaskRunner } from './tasks.js';

const RUNNERS: { [Name in TaskName]: TaskRunner<Name> } = {
  copy: copySource,
  sample: sampleSource,
  inspect,
  survey,
};

// Ctrl-C reaches the whole process group. The parent decides what it means, and kills.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// The parent is gone: nobody will count this copy, so release the lock at once.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.umask(0o077);
process.once('message', (request: { task: TaskName; options: never }) => {
  run(request.task, request.options).then(sendLast, (error: unknown) => {
    sendLast({ type: 'failed', error: toWire(error) });
  });
});

async function run(task: TaskName, options: never): Promise<ChildMessage> {
  const report: Report = (event) => send({ type: 'event', event });
  return { type: 'done', result: await RUNNERS[task](options, report) };
}

function send(message: ChildMessage): void {
  if (process.connected) process.send?.(message);
}

/** Disconnecting lets the process end by itself once the message is out. */
function sendLast(message: ChildMessage): void {
  process.removeAllListeners('disconnect');
  process.send?.(message, undefined, undefined, () => process.disconnect());
}
