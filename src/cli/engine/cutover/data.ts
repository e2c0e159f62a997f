import { openTarget } from '../../../drivers/postgres.js';
import type { RunRecord } from '../../../journal/journal.js';
import { CardctlError } from '../../../lib/errors.js';
import type { Done } from '../../../steps/cutover/context.js';
import type { Deps } from '../../../steps/step.js';
import type { StoreKind } from '../../../sync/authority.js';
import { formatCount, formatSeconds } from '../../render/format.js';
import type { CutoverRequest } from './request.js';

/** @throws CardctlError `refused` when something in the source keeps it from being moved */
export async function assessSource(
  { config, places: { sourcePath }, migrate, acceptHold }: CutoverRequest,
  deps: Deps,
): Promise<Done> {
  const { assess } = await import('../../../steps/assess/index.js');
  const { workDir, backup } = config;
  const { rules } = migrate.options;
  const { holdMsMax } = backup;
  const { canMigrate, problems, source, expected } = await assess(
    { sourcePath, workDir, rules, holdMsMax, acceptHold },
    deps,
  );
  if (!canMigrate) {
    const told = problems.map(({ table, column, message }) => `  ${table}.${column}: ${message}`);
    throw new CardctlError('refused', `the source cannot be moved:\n${told.join('\n')}`, {
      hint: 'see what can be done about each: cardctl assess',
      details: { problems },
    });
  }
  return {
    outcome: `${formatCount(source.rows)} rows, about ${formatSeconds(expected.load.seconds)} to load`,
    facts: { rows: source.rows, bytes: source.bytes },
  };
}

/** A backup that counts: unpacked and compared. */
export async function backUp(
  { config, places, acceptHold }: CutoverRequest,
  { report, clock, signal }: Deps,
): Promise<Done> {
  const { writeBackup } = await import('../../../steps/backup/index.js');
  const { directory, manifest } = await writeBackup({
    sourcePath: places.sourcePath,
    outDir: config.backup.out,
    keep: config.backup.keep ?? undefined,
    check: true,
    holdMsMax: config.backup.holdMsMax,
    acceptHold,
    report,
    clock,
    signal,
  });
  const { writersHeldMs } = manifest;
  return {
    outcome: `${directory}, writers held ${formatSeconds(writersHeldMs / 1_000)}`,
    facts: { directory, writersHeldMs },
  };
}

/** Loads the target and has it follow; goes on with a load that was begun. */
export async function load(
  { places, migrate: request }: CutoverRequest,
  journal: RunRecord,
  deps: Deps,
): Promise<Done> {
  const { migrate } = await import('../migrate.js');
  const resume = await wasBegun(places.targetUrl);
  const options = { ...request.options, resume };
  const { tables, seconds } = await migrate({ ...request, options, journal }, deps);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return {
    outcome: `${formatCount(rows)} rows in ${formatSeconds(seconds)}, every value compared`,
    facts: { rows, seconds, resumed: resume },
  };
}

async function wasBegun(targetUrl: string): Promise<boolean> {
  const { readMigrationRecord } = await import('../../../steps/migrate/scaffolding.js');
  const target = openTarget(targetUrl);
  try {
    return (await readMigrationRecord(await target.connect())) !== null;
  } catch (error) {
    throw target.explain(error);
  } finally {
    await target.close();
  }
}

/** @throws CardctlError `refused` when the two sides differ anywhere */
export async function prove({ verify: options }: CutoverRequest, deps: Deps): Promise<Done> {
  const { verify } = await import('../verify.js');
  const { equal, tables, differences, differencesTotal } = await verify(options, deps);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  if (equal) return { outcome: `every value of ${formatCount(rows)} rows`, facts: { rows } };
  const [first] = differences;
  const where = first === undefined ? '' : `, the first at ${first.table} ${first.key}`;
  throw new CardctlError(
    'refused',
    `the two sides differ in ${formatCount(differencesTotal)} places${where}`,
    { hint: 'have them copied again: cardctl verify --repair', details: { differences } },
  );
}

/** Promotes or demotes; what is so already stays so. */
export async function switchAuthorityTo(
  request: CutoverRequest,
  store: StoreKind,
  deps: Deps,
): Promise<Done & { epoch: number; isFollowed: boolean }> {
  const { switchPair } = await import('../switch.js');
  const { epoch, changed, pauseMs, isFollowed } = await switchPair(
    await request.switchTo(store),
    deps,
  );
  const outcome = changed
    ? `epoch ${epoch}, writes paused for ${Math.round(pauseMs)} ms`
    : `it was already, epoch ${epoch}`;
  const facts = { authority: store, epoch, changed, pauseMs };
  return { outcome, facts, epoch, isFollowed };
}
