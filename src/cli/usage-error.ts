import type { CommanderError } from 'commander';
import { CardctlError } from '../lib/errors.js';

const SHOWN = ['commander.helpDisplayed', 'commander.version'];

/** Whether commander stopped because it printed what was asked for: help or version. */
export function isShown(error: CommanderError): boolean {
  return SHOWN.includes(error.code);
}

/**
 * Commander's complaint as a usage error.
 *
 * @param command the command whose help tells more, e.g. `cardctl backup`
 */
export function usageError(error: CommanderError, command: string): CardctlError {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = rest.join(' ').trim();
  const message = error.code === 'commander.help' ? 'no command is given' : first;
  return new CardctlError('usage', suggestion === '' ? message : `${message} ${suggestion}`, {
    hint: `${command} --help`,
  });
}
