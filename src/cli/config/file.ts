import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { CardctlError, messageOf } from '../../lib/errors.js';
import type { Problems } from './problems.js';
import { bodySchema } from './schema.js';

const CONFIG_NAME = 'cardctl.json';

/**
 * Where the configuration is: at `--config`, else `./cardctl.json` if there is one.
 *
 * @throws CardctlError `usage` when a named file does not exist
 */
export function findConfig(cwd: string, named: string | undefined): string | null {
  if (named !== undefined) {
    const path = resolve(cwd, named);
    if (existsSync(path)) return path;
    throw new CardctlError('usage', `there is no configuration file ${path}`, {
      hint: `cardctl init --config ${named}`,
    });
  }
  const path = resolve(cwd, CONFIG_NAME);
  return existsSync(path) ? path : null;
}

/** What the file says, comments and trailing commas allowed; only the keys that are cardctl's. */
export function readConfigFile(path: string, problems: Problems): Record<string, unknown> {
  const text = readText(path);
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  for (const { error, offset } of errors) {
    problems.add(path, lineAt(text, offset), wordsOf(printParseErrorCode(error)));
  }
  if (errors.length > 0) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.add(path, '', 'expected an object');
    return {};
  }
  if (basename(path) === CONFIG_NAME) return { ...value };
  return botsOwnDatabase(value) ?? { ...value };
}

/** `ValueExpected` as `value expected`. */
function wordsOf(code: string): string {
  return code.replace(/(?<!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new CardctlError('usage', `cannot read ${path}: ${messageOf(error)}`, {
      hint: 'give a readable file with --config',
      cause: error,
    });
  }
}

/** The bot's own config.json has a `database` block and else only keys that are not cardctl's. */
function botsOwnDatabase(value: object): Record<string, unknown> | undefined {
  const keys = Object.keys(value);
  const cardctls = keys.filter((key) => key in bodySchema.shape);
  const isBots = cardctls.length === 1 && cardctls[0] === 'database';
  return isBots ? { database: (value as { database: unknown }).database } : undefined;
}

function lineAt(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
