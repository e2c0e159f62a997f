import { CardctlError, messageOf } from '../lib/errors.js';
import { runCommand } from './commands.js';
import { type EdgeSurroundings, putBack } from './put-back.js';
import { generationOf, renderUpstream, type Upstream } from './render-upstream.js';
import { lastGoodOf, putFile, readUpstreamFiles, type Saved } from './upstream-file.js';
import { meetWorkers, untilServed, type Workers } from './workers.js';

/** What has just been done, in this order. */
export type ApplyStage =
  | 'kept'
  | 'written'
  | 'replaced'
  | 'tested'
  | 'reloaded'
  | 'served'
  | 'proved'
  | 'settled';

export interface ApplyOptions<Proof> extends EdgeSurroundings {
  /** Looks whether the new file does what it should, while it is in force; a throw undoes it. */
  prove: () => Promise<Proof>;
  onStage?: ((stage: ApplyStage) => void) | undefined;
  /** Heeded until the new file is served by every worker; what is under way is then undone. */
  signal?: AbortSignal | undefined;
}

export interface Applied<Proof> {
  generation: string;
  /** Pids of the workers that serve it. */
  workers: number[];
  proof: Proof;
}

/**
 * Puts a new upstream file in force, or leaves the old one in force.
 *
 * `nginx -t` can only test the file that the configuration includes by name. So the file is replaced
 * first and put back if the test refuses it; until a reload, the workers go on with what they
 * loaded. A kill between any two lines leaves one of the two files, whole, and the last good one
 * beside it: `recoverUpstream` says which is in force and settles it.
 *
 * @throws CardctlError what went wrong (`edge`, `interrupted`, or what `prove` threw), with what was
 *   done about it in its message and in `details.putBack`; `refused`, when a change that was cut
 *   short stands in the way
 */
export async function applyUpstream<Proof>(
  next: Upstream,
  options: ApplyOptions<Proof>,
): Promise<Applied<Proof>> {
  const { config, files, signal, onStage = () => undefined } = options;
  const { upstreamFile, statusUrl } = config;
  const text = renderUpstream(next);
  const { file, lastGood } = await readUpstreamFiles(files, config);
  if (lastGood !== undefined) refuseUnfinished(upstreamFile);
  await putFile(files, lastGoodOf(upstreamFile), file.text);
  onStage('kept');
  const before = await meetWorkers(statusUrl, signal);
  try {
    await files.write(`${upstreamFile}.next`, text);
    onStage('written');
    try {
      await files.rename(`${upstreamFile}.next`, upstreamFile);
      // From here on the new file is what the next reload loads, whoever asks for it.
      onStage('replaced');
      const applied = await putInForce(next, before, options);
      // Only now is it the good one. A kill before this line is looked at by the next run.
      await putFile(files, lastGoodOf(upstreamFile), text);
      onStage('settled');
      return applied;
    } catch (error) {
      throw await undone(error, file, options);
    }
  } finally {
    await before.close();
  }
}

async function putInForce<Proof>(
  next: Upstream,
  before: Workers,
  options: ApplyOptions<Proof>,
): Promise<Applied<Proof>> {
  const { config, deadlineMs, clock, signal, onStage = () => undefined, prove } = options;
  const { statusUrl, commands } = config;
  const { timeoutMsMax } = commands;
  const generation = generationOf(next);
  await runCommand(commands.test, { timeoutMsMax, signal });
  onStage('tested');
  await runCommand(commands.reload, { timeoutMsMax, signal });
  // It only signals: Nginx may yet refuse, and old workers are at work still.
  onStage('reloaded');
  const workers = await untilServed({ statusUrl, generation, before, deadlineMs, clock, signal });
  onStage('served');
  const proof = await prove();
  onStage('proved');
  return { generation, workers, proof };
}

function refuseUnfinished(upstreamFile: string): never {
  throw new CardctlError('refused', `a change of ${upstreamFile} was cut short and is unsettled`, {
    hint: 'Run the shift again: it settles that first.',
  });
}

/** The same error, with what was done about it. */
async function undone(
  error: unknown,
  lastGood: Saved,
  around: EdgeSurroundings,
): Promise<CardctlError> {
  const back = await putBack(lastGood, around);
  const known = error instanceof CardctlError ? error : undefined;
  const hint = back.served ? known?.hint : 'See the error log of Nginx, then run the shift again.';
  const code = known?.code === 'rolled-back' && !back.served ? 'edge' : known?.code;
  return new CardctlError(code ?? 'internal', `${messageOf(error)}; ${back.sentence}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
    details: { ...known?.details, putBack: back },
  });
}
