import { CardctlError } from '../lib/errors.js';
import { type EdgeSurroundings, isServedByAll, putBack } from './put-back.js';
import { generationOf } from './render-upstream.js';
import { lastGoodOf, putFile, readUpstreamFiles } from './upstream-file.js';

export interface Recovered {
  /** What was done about the change that was cut short. */
  did: 'finished' | 'undone';
  /** In force now. */
  percent: number;
  sentence: string;
}

/**
 * Brings a change that was cut short (a kill, a power cut) to an end: finished when every worker
 * serves the new file already, else undone.
 *
 * @returns undefined when there was none
 * @throws CardctlError `edge`, when it can be neither finished nor undone; `refused`, for files
 *   that cardctl did not write
 */
export async function recoverUpstream(around: EdgeSurroundings): Promise<Recovered | undefined> {
  const { config, files } = around;
  const { file, lastGood } = await readUpstreamFiles(files, config);
  if (lastGood === undefined) return undefined;
  const generation = generationOf(file.upstream);
  const { percent } = file.upstream;
  const found = `a shift to ${percent}% had been cut short`;
  if (await isServedByAll(config.statusUrl, generation)) {
    await putFile(files, lastGoodOf(config.upstreamFile), file.text);
    const sentence = `${found}; every worker serves generation ${generation}, so it stands`;
    return { did: 'finished', percent, sentence };
  }
  const back = await putBack(lastGood, around);
  if (back.served) {
    const sentence = `${found}; ${back.sentence}`;
    return { did: 'undone', percent: lastGood.upstream.percent, sentence };
  }
  throw new CardctlError('edge', `${found}, and ${back.sentence}`, {
    hint: 'See that Nginx runs and what its error log says, then run: cardctl shift --dry-run',
    details: { putBack: back },
  });
}
