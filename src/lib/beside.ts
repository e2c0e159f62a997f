import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * Starts the module `name` beside the caller in a process of its own: as the same kind of file as
 * the caller, TypeScript in a checkout, or built.
 *
 * @param from the caller's `import.meta.url`
 */
export function forkBeside(from: string, name: string, options: ForkOptions): ChildProcess {
  const execArgv = isSource(from) ? ['--import', moduleUrl('tsx')] : [];
  return fork(fileURLToPath(urlBeside(from, name)), { ...options, execArgv });
}

/** Starts the module `name` beside the caller in a thread of its own; otherwise as `forkBeside`. */
export function threadBeside(from: string, name: string, workerData: object): Worker {
  const url = urlBeside(from, name);
  if (!isSource(from)) return new Worker(url, { workerData });
  // A thread takes no loader from its options: it has to register one itself.
  const code = `import(${JSON.stringify(moduleUrl('tsx/esm/api').replace(/cjs$/, 'mjs'))}).then(({ register }) => {
    register();
    return import(${JSON.stringify(url.href)});
  });`;
  return new Worker(code, { eval: true, workerData });
}

function urlBeside(from: string, name: string): URL {
  return new URL(`./${name}.${isSource(from) ? 'ts' : 'js'}`, from);
}

function isSource(from: string): boolean {
  return from.endsWith('.ts');
}

function moduleUrl(name: string): string {
  return pathToFileURL(createRequire(import.meta.url).resolve(name)).href;
}
