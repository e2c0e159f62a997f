import { readFileSync, writeFileSync } from 'node:fs';
import type { App } from '../src/cli/app.js';
import { helpTexts } from '../src/cli/tree.js';

const README = 'README.md';
const BEGIN = '<!-- commands: written by `npm run readme` -->';
const END = '<!-- /commands -->';

/** The README with its command reference as `--help` has it now. */
export function withCommandReference(readme: string): string {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  return `${readme.slice(0, from)}${BEGIN}\n${commandReference()}\n${readme.slice(to)}`;
}

export function writeReadme(): void {
  writeFileSync(README, withCommandReference(readFileSync(README, 'utf8')));
}

/** Nothing of the app is used before a command runs. Each command's own options; those that all commands share stand once, in the first block. */
function commandReference(): string {
  return [...helpTexts({} as App)].map(([command, text]) => section(command, text)).join('\n');
}

function section(command: string, text: string): string {
  const own = command === '' ? text : (text.split('\nGlobal Options:')[0] ?? text);
  return `\n#### \`cardctl${command === '' ? '' : ` ${command}`}\`\n\n\`\`\`\n${own.trim()}\n\`\`\`\n`;
}
