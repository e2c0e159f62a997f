import { posix } from 'node:path';
import { type ImportFact, parseModule } from './parse-module.js';

/** The folders of `src`, from the top down. Imports point down this list, never up. */
const LAYERS = [
  'cli',
  'steps',
  'journal',
  'loadtest',
  'bot',
  'game',
  'store',
  'sync',
  'snapshot',
  'schema',
  'edge',
  'drivers',
  'lib',
];

/** Files directly under `src/steps` that steps may share. */
const SHARED_BY_STEPS = ['step', 'context', 'run'];

const TERMINAL_PACKAGES = ['commander', 'listr2', 'cli-progress', 'cli-table3'];
const DRIVER_PACKAGES = ['better-sqlite3', 'pg', 'ioredis'];

/** Source text by path from the repository's root, e.g. `src/lib/clock.ts` or `bin/cardctl`. */
export type SourceTree = ReadonlyMap<string, string>;

/** Every breach of the import rule, as `path:line: sentence`. */
export function breachesOf(tree: SourceTree): string[] {
  return [...tree].flatMap(([path, text]) => {
    const { imports, globals } = parseModule(text);
    const breaches = [
      ...imports.flatMap((fact) => at(fact.line, importBreaches(path, fact))),
      ...globals.flatMap(({ name, line }) => at(line, globalBreaches(path, name))),
    ];
    return [...placeBreaches(path), ...breaches.map((breach) => `${path}:${breach}`)];
  });
}

function at(line: number, sentences: string[]): string[] {
  return sentences.map((sentence) => `${line}: ${sentence}`);
}

function placeBreaches(path: string): string[] {
  if (isLauncher(path) || levelOf(path) !== -1) return [];
  return [`${path}: is in no folder that the import rule lists`];
}

function importBreaches(path: string, fact: ImportFact): string[] {
  if (!fact.specifier.startsWith('.')) return packageBreaches(path, fact);
  const target = posix.join(posix.dirname(path), fact.specifier);
  if (isLauncher(path)) return launcherBreaches(target);
  return [...directionBreaches(path, target), ...sidewaysBreaches(path, target)];
}

function packageBreaches(path: string, { specifier, typeOnly }: ImportFact): string[] {
  if (specifier.startsWith('node:')) return [];
  if (isLauncher(path)) return [`a launcher imports only cli, not ${specifier}`];
  if (isOneOf(TERMINAL_PACKAGES, specifier) && folderOf(path) !== 'cli') {
    return [`only cli may import ${specifier}`];
  }
  if (isOneOf(DRIVER_PACKAGES, specifier) && folderOf(path) !== 'drivers' && !typeOnly) {
    return [`only drivers may import ${specifier}, other than as a type`];
  }
  return [];
}

function launcherBreaches(target: string): string[] {
  const inCli = target.startsWith('dist/cli/') || target.startsWith('src/cli/');
  return inCli ? [] : [`a launcher imports only cli, not ${target}`];
}

function directionBreaches(path: string, target: string): string[] {
  if (!target.startsWith('src/')) return [`imports ${target}, outside src`];
  if (levelOf(target) >= levelOf(path)) return [];
  return [`${folderOf(path)} must not import ${folderOf(target)}, which is above it`];
}

function sidewaysBreaches(path: string, target: string): string[] {
  const [from, to] = [stepOf(path), stepOf(target)];
  if (from === undefined || to === undefined || from === to) return [];
  if (from === 'index' || SHARED_BY_STEPS.includes(to)) return [];
  return [`steps/${from} must not import steps/${to}, which is beside it`];
}

function globalBreaches(path: string, name: string): string[] {
  if (folderOf(path) === 'cli') return [];
  if (name === 'process.exit') return ['only cli may call process.exit'];
  const prints = ['console', 'process.stdout', 'process.stderr', 'process.*'].includes(name);
  return prints && !isLauncher(path) ? [`only cli may use ${name}`] : [];
}

function isLauncher(path: string): boolean {
  return path.startsWith('bin/');
}

function levelOf(path: string): number {
  return LAYERS.indexOf(folderOf(path) ?? '');
}

/** `cli` for `src/cli/main.ts`; undefined for what is in no folder of `src`. */
function folderOf(path: string): string | undefined {
  const [top, folder, file] = path.split('/');
  return top === 'src' && file !== undefined ? folder : undefined;
}

/** `copy` for `src/steps/copy.ts` and for all of `src/steps/copy/`. */
function stepOf(path: string): string | undefined {
  const [top, folder, step] = path.split('/');
  return top === 'src' && folder === 'steps' ? step?.replace(/\.[jt]s$/, '') : undefined;
}

function isOneOf(packages: readonly string[], specifier: string): boolean {
  return packages.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}
