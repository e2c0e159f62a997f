/**
 * Makes one backup and ends: what the tests kill.
 *
 *     node --import tsx test/support/backup-process.ts '{"sourcePath": …, "outDir": …}'
 *
 * Prints an NDJSON line for every event, and last {"type":"result"} or {"type":"error"}.
 */
import { systemClock } from '../../src/lib/clock.js';
import { CardctlError, messageOf } from '../../src/lib/errors.js';
import { writeBackup } from '../../src/steps/backup/index.js';

const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const controller = new AbortController();
process.once('SIGINT', () => controller.abort());

try {
  const options = JSON.parse(process.argv[2] ?? '{}');
  const { signal } = controller;
  const result = await writeBackup({ ...options, report: print, clock: systemClock, signal });
  print({ type: 'result', ...result });
} catch (error) {
  const { code, hint, details } = error instanceof CardctlError ? error : {};
  print({ type: 'error', code, message: messageOf(error), hint, details });
  process.exitCode = 1;
}
