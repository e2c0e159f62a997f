import type { Command } from 'commander';

/** Options that every command has, before or after its name. */
export interface GlobalOptions {
  config?: string;
  dryRun?: boolean;
  json?: boolean;
  plain?: boolean;
  quiet?: boolean;
  /** False with `--no-input`. */
  input: boolean;
  yes?: boolean;
  workDir?: string;
  debug?: boolean;
}

/** Adds them to the program; commander then finds them on either side of a command. */
export function addGlobalOptions(program: Command): void {
  program
    .option('--config <file>', 'configuration file (default: ./cardctl.json, if there is one)')
    .option('--dry-run', 'say what would be done, and change nothing')
    .option('--json', 'print JSON on stdout: see docs/json-output.md')
    .option('--plain', 'plain lines instead of animation')
    .option('--quiet', 'print nothing but results, warnings and errors')
    .option('--no-input', 'never ask; refuse where the answer would matter')
    .option('--yes', 'answer every question with yes')
    .option(
      '--work-dir <dir>',
      'where the journal and unfinished work are kept (default: .cardctl)',
    )
    .option('--debug', 'print the stack of an error (or set CARDCTL_DEBUG)');
}
