import { filesOf } from '../../edge/files.js';
import { readUpstreamFiles } from '../../edge/upstream-file.js';
import type { Clock } from '../../lib/clock.js';
import { listBackups, sourceIdOf } from '../../snapshot/archive/layout.js';
import type { Standing } from '../../steps/cutover/context.js';
import { joinFacts } from '../../sync/pair.js';
import type { Config } from '../config/index.js';
import { edgeOf } from './edge.js';
import { readSourceFacts, readTargetFacts } from './move-status.js';

/** The two databases of a move, as they are configured. */
export interface Places {
  sourcePath: string;
  targetUrl: string;
}

/**
 * Where a cutover stands.
 *
 * @throws CardctlError of whatever does not say: nothing is decided by half of the facts
 */
export async function readStanding(
  config: Config,
  { sourcePath, targetUrl }: Places,
  clock: Clock,
): Promise<Standing> {
  const edge = edgeOf(config);
  const { file, lastGood } = await readUpstreamFiles(filesOf(edge.commands), edge);
  const sqlite = readSourceFacts(sourcePath);
  const { facts: postgres, followers, proof } = await readTargetFacts(targetUrl);
  const { authority, unfinished } = joinFacts(sqlite, postgres);
  return {
    isLinked: sqlite.isInstalled && postgres.isInstalled,
    isFollowed: followers.length > 0,
    isProven: proof !== null,
    backupAgeHours: backupAgeHours(config, sourcePath, clock),
    authority: authority.store,
    epoch: authority.epoch,
    unfinished,
    percent: file.upstream.percent,
    isSettled: lastGood === undefined,
  };
}

function backupAgeHours({ backup }: Config, sourcePath: string, clock: Clock): number | null {
  const id = sourceIdOf(sourcePath);
  const newest = listBackups(backup.out).findLast(
    ({ manifest }) => manifest.source.id === id && manifest.checks.integrity.result === 'ok',
  );
  if (newest === undefined) return null;
  return (clock.now().getTime() - Date.parse(newest.manifest.createdAt)) / 3_600_000;
}
