import { runCommand } from '../../../edge/commands.js';
import type { Argv } from '../../../edge/config.js';

const COMMAND_MS_MAX = 20_000;

/** Where programs for administrators are when they are not in the PATH. */
const PLACES = ['', '/usr/sbin/', '/usr/local/sbin/'];

/**
 * Looks for a program of this machine.
 *
 * @param argument that makes it say its version and end
 * @returns null when it is not there
 */
export async function findProgram(
  name: string,
  argument: string,
): Promise<{ program: string; said: string } | null> {
  for (const place of PLACES) {
    const program = `${place}${name}`;
    try {
      const { stdout, stderr } = await runProgram([program, argument]);
      return { program, said: `${stdout}${stderr}` };
    } catch {
      // The next place.
    }
  }
  return null;
}

/** Runs one to its end. @throws CardctlError `edge` when it fails */
export function runProgram(argv: Argv) {
  return runCommand(argv, { timeoutMsMax: COMMAND_MS_MAX });
}
