import { Command } from 'commander';
import { CardctlError } from '../../lib/errors.js';
import { version } from '../version.js';

/** What is asked of one bot on the command line. */
export interface CardbotFlags {
  config?: string;
  name?: string;
  polling?: boolean;
  logLevel: string;
}

/** The command line of the bot. */
export function cardbotProgram(): Command {
  return new Command('cardbot')
    .description('Serves the players of the card game, on the source or on the target.')
    .version(version(), '-V, --version', 'print the version')
    .option('--config <file>', 'configuration file (default: ./cardctl.json)')
    .option('--name <bot>', 'which of the configured bots this is')
    .option('--polling', 'fetch updates instead of taking them by webhook: for development')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'info')
    .helpOption('-h, --help', 'show help')
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .showSuggestionAfterError();
}

/** The bot that a name stands for; the only one there is needs no name. */
export function chosen<Bot extends { name: string }>(
  bots: readonly Bot[],
  name: string | undefined,
): Bot {
  const found = name === undefined && bots.length === 1 ? bots[0] : undefined;
  const bot = found ?? bots.find((each) => each.name === name);
  if (bot !== undefined) return bot;
  const known = bots.map((each) => each.name).join(', ');
  throw new CardctlError(
    'usage',
    name === undefined ? 'say which of the bots this is' : `there is no bot ${name}`,
    {
      hint:
        known === ''
          ? 'name the bots under "bots" in cardctl.json; cardctl init --dry-run prints an example'
          : `cardbot --name NAME, one of: ${known}`,
    },
  );
}
