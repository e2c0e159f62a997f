import type { RunRecord } from '../journal/journal.js';
import type { Config } from './config/index.js';
import type { Invocation, Outcome } from './invocation.js';

/**
 * Runs what changes something: alone in its work directory, and written down in the journal.
 *
 * @param facts what tells this run from others; never a secret
 */
export async function recordedRun(
  invocation: Invocation,
  config: Config,
  facts: Record<string, unknown>,
  body: (run: RunRecord) => Promise<Outcome>,
): Promise<Outcome> {
  const { holdLock } = await import('../journal/lock.js');
  const release = await holdLock(config.workDir, invocation.command);
  try {
    return await recordedBesides(invocation, config, facts, body);
  } finally {
    release();
  }
}

/** The same for what runs beside other commands: what keeps it alone is not the work directory. */
export async function recordedBesides(
  { command, clock, redact }: Invocation,
  { workDir }: Config,
  facts: Record<string, unknown>,
  body: (run: RunRecord) => Promise<Outcome>,
): Promise<Outcome> {
  const { openJournal } = await import('../journal/journal.js');
  const journal = openJournal(workDir, clock, redact);
  try {
    const run = journal.startRun(command, facts);
    try {
      const outcome = await body(run);
      run.done({ ...(outcome.summary ?? outcome.result) });
      return outcome;
    } catch (error) {
      run.failed(error);
      throw error;
    }
  } finally {
    journal.close();
  }
}
