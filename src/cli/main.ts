import { type Command, CommanderError } from 'commander';
import { systemClock } from '../lib/clock.js';
import type { CardctlError } from '../lib/errors.js';
import type { App } from './app.js';
import { asCardctlError, errorObject, errorText, exitCodeOf } from './error-view.js';
import { EXIT_CODES, type ExitCode } from './exit-codes.js';
import { createOutput } from './output.js';
import { Redactor } from './redact.js';
import { abortOnSignals } from './signals.js';
import { buildProgram } from './tree.js';
import { isShown, usageError } from './usage-error.js';

/** A finished command whose connections do not close is not waited for any longer, milliseconds. */
const LEAVE_MS_MAX = 5_000;

/** Runs the command line of this process. */
export async function start(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2));
  setTimeout(() => process.exit(), LEAVE_MS_MAX).unref();
}

/** Runs one command and returns its exit code; whatever goes wrong is printed here. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT_CODES.done;
  const redactor = new Redactor();
  const output = createOutput(process, redactor, process.env);
  const app: App = {
    output,
    redactor,
    clock: systemClock,
    signal: abortOnSignals(output.talk),
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    finish: (outcome) => {
      exitCode = outcome.exitCode ?? EXIT_CODES.done;
    },
  };
  const program = buildProgram(app);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && isShown(thrown)) return EXIT_CODES.done;
    const command = commandOf(program, args);
    const error =
      thrown instanceof CommanderError
        ? usageError(thrown, command)
        : asCardctlError(thrown, app.signal);
    printError(error, command, args, app);
    return exitCodeOf(error);
  }
}

function printError(
  error: CardctlError,
  command: string,
  args: readonly string[],
  { output, env }: App,
): void {
  const isDebug = args.includes('--debug') || (env.CARDCTL_DEBUG ?? '') !== '';
  if (args.includes('--json')) {
    const path = command.replace(/^cardctl ?/, '');
    output.json({ type: 'result', ok: false, command: path, error: errorObject(error, args) });
  } else {
    output.talk(errorText(error, command, args, { color: output.colorTalk, debug: isDebug }));
  }
}

/** The command that the words name, as far as they do: also when commander could not parse them. */
function commandOf(program: Command, args: readonly string[]): string {
  let command = program;
  for (const word of args) {
    const found = command.commands.find((candidate) => candidate.name() === word);
    if (found !== undefined) command = found;
  }
  const names = [];
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}
