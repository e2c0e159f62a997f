import { Command } from 'commander';
import { type App, commandPath } from './app.js';
import { assessCommand } from './commands/assess.js';
import { authorityCommand } from './commands/authority.js';
import { backupCommand } from './commands/backup.js';
import { cutoverCommand } from './commands/cutover.js';
import { finishCommand } from './commands/finish.js';
import { followCommand } from './commands/follow.js';
import { initCommand } from './commands/init.js';
import { loadtestCommand } from './commands/loadtest.js';
import { migrateCommand } from './commands/migrate.js';
import { nginxCommand } from './commands/nginx.js';
import { postgresCommand } from './commands/postgres.js';
import { rehearseCommand } from './commands/rehearse.js';
import { restoreCommand } from './commands/restore.js';
import { rollbackCommand } from './commands/rollback.js';
import { shiftCommand } from './commands/shift.js';
import { statusCommand } from './commands/status.js';
import { demoteCommand, promoteCommand } from './commands/switch.js';
import { verifyCommand } from './commands/verify.js';
import { warmCommand } from './commands/warm.js';
import { addGlobalOptions } from './global-options.js';
import { version } from './version.js';

/** Commands in the order in which a move needs them. */
const COMMANDS = [
  initCommand,
  assessCommand,
  backupCommand,
  restoreCommand,
  migrateCommand,
  followCommand,
  verifyCommand,
  warmCommand,
  nginxCommand,
  shiftCommand,
  promoteCommand,
  demoteCommand,
  rehearseCommand,
  cutoverCommand,
  rollbackCommand,
  finishCommand,
  authorityCommand,
  loadtestCommand,
  statusCommand,
  postgresCommand,
];

const EPILOGUE = `
Exit codes:
  0 done                     5 the target failed
  1 a bug in cardctl         6 Redis, Nginx or a bot failed
  2 usage or configuration   7 stopped part-way: resume or roll back
  3 refused, nothing changed 8 rolled back, since a gate failed
  4 the source failed        9 undecided, holding
                             130 interrupted`;

/** All of the command line, ready to parse. Nothing heavy is loaded before a command runs. */
export function buildProgram(app: App): Command {
  const program = new Command('cardctl')
    .description(
      'Moves a live SQLite-backed Telegram card game to PostgreSQL without losing or doubling a move, and proves it.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', EPILOGUE);
  addGlobalOptions(program);
  for (const make of COMMANDS) program.addCommand(make(app));
  for (const command of withDescendants(program)) settle(command);
  return program;
}

/** The help text of every command by its name, `''` for the program itself. */
export function helpTexts(app: App): Map<string, string> {
  const commands = withDescendants(buildProgram(app));
  return new Map(commands.map((command) => [commandPath(command), command.helpInformation()]));
}

/** Errors are thrown, not printed: there is one place that prints them. */
function settle(command: Command): void {
  command
    .helpOption('-h, --help', 'show help')
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError();
}

function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}
