import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LAUNCHER } from '../../lib/launcher.js';
import type { Bench, Contender } from '../bench.js';
import { runProgram } from '../run-program.js';
import { type Phase, quiet, type Timing, time } from '../timing.js';

export const MIGRATE = 'cardctl migrate';
export const VERIFY = 'cardctl verify';

/** `cardctl migrate`, and on what it loaded a full `cardctl verify`. */
export const cardctl: Contender = {
  title: 'cardctl',

  async run(bench, url) {
    const migrate = await runCardctl(bench, url, MIGRATE);
    await bench.server.checkpoint();
    await quiet(bench.signal);
    const verify = await runCardctl(bench, url, VERIFY);
    return [migrate, verify];
  },
};

/** Runs one of the two commands with a work directory of its own. `--json` tells the phases. */
export async function runCardctl(
  { source, workDir, signal }: Omit<Bench, 'server'>,
  url: string,
  figure: typeof MIGRATE | typeof VERIFY,
  started?: (pid: number) => void,
): Promise<Timing> {
  const own = join(workDir, '.cardctl');
  const args = [
    ...['--source', source.path, '--target', url, '--work-dir', own, '--yes', '--json'],
    // Nobody writes to it.
    '--accept-hold',
  ];
  const command = figure === MIGRATE ? ['migrate', '--no-verify'] : ['verify'];
  try {
    return await time(figure, async () => {
      const all = [LAUNCHER, ...command, ...args];
      const options = { cwd: workDir, signal, ...(started && { started }) };
      const { stdout } = await runProgram(process.execPath, all, options);
      return phasesIn(stdout);
    });
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

function phasesIn(stdout: string): Phase[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StepLine)
    .flatMap(({ type, state, step, seconds }) =>
      type === 'step' && state === 'done' && step !== undefined && seconds !== undefined
        ? [{ phase: step, seconds }]
        : [],
    );
}

interface StepLine {
  type: string;
  state?: string;
  step?: string;
  seconds?: number;
}
