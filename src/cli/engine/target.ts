import { startEmbedded } from '../../drivers/embedded-postgres.js';
import { openTarget, type Target } from '../../drivers/postgres.js';

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
