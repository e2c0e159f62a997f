import { startEmbedded } from '../../drivers/embedded-postgres.js';
import { openTarget, type Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';

export interface OpenedTarget {
  target: Target;
  /** With the password. */
  url: string;
  isEmbedded: boolean;
}

/**
 * Opens the target: the one that is configured, else the work directory's own Postgres, which is
 * started when it does not run.
 */
export async function openConfiguredTarget(
  url: string | null,
  workDir: string,
  signal: AbortSignal,
): Promise<OpenedTarget> {
  if (url !== null) return { target: openTarget(url), url, isEmbedded: false };
  const server = await startEmbedded(workDir, { signal });
  return { target: openTarget(server.url), url: server.url, isEmbedded: true };
}

/**
 * Holds the target for one migrate: two at once would load each row twice or wait for each other.
 * Postgres lets go by itself when the connection ends, however it ends.
 *
 * @throws CardctlError `refused` while another migrate is at work there
 */
export async function holdTarget(target: Target): Promise<() => Promise<void>> {
  const client = await target.connect();
  const { rows } = await client.query<{ held: string }>(
    `SELECT pg_try_advisory_lock(hashtext('cardctl migrate')) AS held`,
  );
  if (rows[0]?.held !== 't') {
    await client.end();
    throw new CardctlError('refused', `another migrate is at work on ${target.name}`, {
      hint: 'wait until it has ended; one that was killed is gone within seconds. Then: cardctl migrate --resume',
    });
  }
  return () => client.end();
}
