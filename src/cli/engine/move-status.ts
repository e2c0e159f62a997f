import { openTarget } from '../../drivers/postgres.js';
import { openSource } from '../../drivers/sqlite.js';
import { filesOf } from '../../edge/files.js';
import { readUpstreamFiles } from '../../edge/upstream-file.js';
import { messageOf } from '../../lib/errors.js';
import { joinFacts, type PairFacts } from '../../sync/pair.js';
import { readFacts } from '../../sync/postgres/facts.js';
import { applierHolders } from '../../sync/postgres/locks.js';
import { type Proof, readProof } from '../../sync/postgres/proof.js';
import type { SideFacts } from '../../sync/side.js';
import { readSqliteFacts } from '../../sync/sqlite/facts.js';
import type { Config } from '../config/index.js';
import { edgeOf } from './edge.js';

/** Where a live move stands, by what the databases themselves say. */
export interface MoveStatus {
  /** Null when a database says nothing, or no move is under way. */
  facts: PairFacts | null;
  /** Why a database could not be asked. */
  unreadable: string[];
  /** Process that applies changes, by its name and number in Postgres. */
  followers: string[];
  proof: Proof | null;
  /** The fleet's share of the traffic; null when that is not known. */
  percent: number | null;
  /** Since the follower last had everything, seconds; only where Postgres follows. */
  ageSeconds: number | null;
}

/** Asks both databases; changes nothing, starts nothing, and never throws because one is away. */
export async function moveStatus(config: Config): Promise<MoveStatus> {
  const { source, target } = config;
  const status: MoveStatus = {
    facts: null,
    unreadable: [],
    followers: [],
    proof: null,
    percent: await fleetPercent(config),
    ageSeconds: null,
  };
  if (source === null || target === null) return status;
  const asked = async <Value>(what: string, ask: () => Promise<Value> | Value) => {
    try {
      return await ask();
    } catch (error) {
      status.unreadable.push(`${what}: ${messageOf(error)}`);
      return null;
    }
  };
  const sqlite = await asked('source', () => readSourceFacts(source));
  const said = await asked('target', () => readTargetFacts(target.url));
  const postgres = said?.facts ?? null;
  if (said !== null) {
    status.followers = said.followers;
    status.proof = said.proof;
    status.ageSeconds = postgres?.authority.store === 'sqlite' ? said.seenAgoSeconds : null;
  }
  if (sqlite === null || postgres === null) return status;
  if (!sqlite.isInstalled && !postgres.isInstalled) return status;
  status.facts = await asked('the two together', () => joinFacts(sqlite, postgres));
  return status;
}

/** What the source says of a move. */
export function readSourceFacts(path: string): SideFacts {
  const source = openSource(path);
  try {
    return readSqliteFacts(source.db);
  } finally {
    source.close();
  }
}

/** What the target says of a move. */
export interface TargetFacts {
  facts: SideFacts;
  followers: string[];
  proof: Proof | null;
  /** Since the process that follows last said that nothing was behind, seconds. */
  seenAgoSeconds: number | null;
}

/** @throws CardctlError `target` when it cannot be asked */
export async function readTargetFacts(url: string): Promise<TargetFacts> {
  const target = openTarget(url, { connectTimeoutMs: 5_000 });
  try {
    const client = await target.connect();
    const facts = await readFacts(client, null);
    if (!facts.isInstalled) return { facts, followers: [], proof: null, seenAgoSeconds: null };
    const { rows } = await client.query<{ age: string | null }>(
      'SELECT extract(epoch FROM now() - seen_at) AS age FROM cardctl.follow WHERE id = 1',
    );
    const age = rows[0]?.age ?? null;
    return {
      facts,
      followers: (await applierHolders(client)).map(
        ({ applicationName, pid, since }) => `${applicationName} (${pid}, since ${since})`,
      ),
      proof: await readProof(target),
      seenAgoSeconds: age === null ? null : Number(age),
    };
  } catch (error) {
    throw target.explain(error);
  } finally {
    await target.close();
  }
}

/** The fleet's share by the upstream file; null when it cannot be read. */
export async function fleetPercent(config: Config): Promise<number | null> {
  if (config.stacks.bots.length === 0) return null;
  const edge = edgeOf(config);
  return readUpstreamFiles(filesOf(edge.commands), edge).then(
    ({ file }) => file.upstream.percent,
    () => null,
  );
}
