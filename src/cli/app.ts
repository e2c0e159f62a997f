import type { Command } from 'commander';
import type { Clock } from '../lib/clock.js';
import { confirm, confirmTyped } from './confirm.js';
import type { GlobalOptions } from './global-options.js';
import type { Invocation, Outcome, Run } from './invocation.js';
import type { Output } from './output.js';
import type { Redactor } from './redact.js';
import { createRenderer } from './render/index.js';

/** The world, built once in `main.ts`. */
export interface App {
  output: Output;
  redactor: Redactor;
  clock: Clock;
  signal: AbortSignal;
  env: NodeJS.ProcessEnv;
  cwd: string;
  stdin: NodeJS.ReadStream;
  /** Called with how the command ended. */
  finish(outcome: Outcome): void;
}

/** Turns a command's body into what commander calls: `(…arguments, options, command)`. */
export function action<Options extends object, Args extends readonly string[]>(
  app: App,
  run: Run<Options, Args>,
): (...received: unknown[]) => Promise<void> {
  return async (...received) => {
    const command = received.at(-1) as Command;
    const args = received.slice(0, -2) as unknown as Args;
    await runCommand(app, command, (invocation) =>
      run(invocation, command.opts<Options>(), ...args),
    );
  };
}

async function runCommand(
  app: App,
  command: Command,
  run: (invocation: Invocation) => Promise<Outcome>,
): Promise<void> {
  const { output, redactor, clock, signal, cwd, env, stdin } = app;
  const options = command.optsWithGlobals<GlobalOptions>();
  const renderer = await createRenderer(options, output, clock);
  const invocation: Invocation = {
    command: commandPath(command),
    options,
    redact: (value) => redactor.value(value),
    reveal: (url) => redactor.reveal(new URL(url).password),
    report: (event) => renderer.report(redactor.value(event)),
    clock,
    signal,
    output,
    cwd,
    config: async (flags = {}) => {
      const { loadConfig } = await import('./config/index.js');
      return loadConfig({
        file: options.config,
        flags: { workDir: options.workDir, ...flags },
        env,
        cwd,
        onSecret: (secret) => redactor.add(secret),
      });
    },
    confirm: async (question) => {
      await renderer.close();
      const yes = options.yes === true;
      await confirm(redactor.text(question), {
        input: options.input,
        yes,
        stdin,
        stderr: output.talkStream,
        signal,
      });
    },
    confirmTyped: async (phrase, why) => {
      await renderer.close();
      const { input } = options;
      await confirmTyped(phrase, why, { input, stdin, stderr: output.talkStream, signal });
    },
  };
  const outcome = await run(invocation).finally(() => renderer.close());
  if (options.json) output.json({ type: 'result', ok: true, ...described(invocation, outcome) });
  else output.data(outcome.text);
  app.finish(outcome);
}

function described({ command }: Invocation, { result }: Outcome): object {
  return { command, result };
}

/** `postgres start`: the names on the way, without the program's own. */
export function commandPath(command: Command): string {
  const parent = command.parent;
  if (parent === null) return '';
  return `${commandPath(parent)} ${command.name()}`.trim();
}
