import { CommanderError } from 'commander';
import { asCardctlError, errorText, exitCodeOf } from '../error-view.js';
import { EXIT_CODES, type ExitCode } from '../exit-codes.js';
import { createOutput } from '../output.js';
import { Redactor } from '../redact.js';
import { isShown, usageError } from '../usage-error.js';
import { type CardbotFlags, cardbotProgram } from './program.js';

/** Runs the bot of this process until it is told to stop. */
export async function start(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2));
}

async function main(args: readonly string[]): Promise<ExitCode> {
  const redactor = new Redactor();
  const output = createOutput(process, redactor, process.env);
  const program = cardbotProgram();
  try {
    program.parse(args, { from: 'user' });
    const { runCardbot } = await import('./run.js');
    await runCardbot(program.opts<CardbotFlags>(), redactor);
    return EXIT_CODES.done;
  } catch (thrown) {
    if (thrown instanceof CommanderError && isShown(thrown)) return EXIT_CODES.done;
    const error =
      thrown instanceof CommanderError
        ? usageError(thrown, 'cardbot')
        : asCardctlError(thrown, new AbortController().signal);
    output.talk(errorText(error, 'cardbot', args, { color: output.colorTalk, debug: isDebug() }));
    return exitCodeOf(error);
  }
}

function isDebug(): boolean {
  return (process.env.CARDCTL_DEBUG ?? '') !== '';
}
