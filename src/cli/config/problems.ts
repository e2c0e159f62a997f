import { CardctlError } from '../../lib/errors.js';

export interface ConfigProblem {
  /** Where the value came from: a file, an environment variable, a flag. */
  from: string;
  /** Path of the key within a file, `''` elsewhere. */
  path: string;
  message: string;
}

/** Collects what is wrong, so that all of it can be said at once. */
export class Problems {
  readonly list: ConfigProblem[] = [];

  add(from: string, path: string, message: string): void {
    this.list.push({ from, path, message });
  }

  /** @throws CardctlError `usage`, naming every problem, when there is any */
  throwIfAny(): void {
    if (this.list.length === 0) return;
    const count = this.list.length === 1 ? '1 problem' : `${this.list.length} problems`;
    throw new CardctlError(
      'usage',
      `${count} in the configuration\n${this.list.map(line).join('\n')}`,
      {
        hint: 'correct them and run the same command again; cardctl init --dry-run prints a commented example',
        details: { problems: this.list },
      },
    );
  }
}

/** `['backup', 'keep']` as `backup.keep`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (/[." ]/.test(String(part)) ? `[${String(part)}]` : String(part)))
    .join('.');
}

function line({ from, path, message }: ConfigProblem): string {
  return `  ${from}: ${path === '' ? '' : `${path}: `}${message}`;
}
