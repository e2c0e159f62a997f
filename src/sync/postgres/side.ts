import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';
import { type FaultPoint, noFaults } from '../../lib/fault.js';
import type { FollowedTable } from '../followed-table.js';
import type { Side } from '../side.js';
import { applyChanges } from './apply.js';
import { connectionOver, openConnection } from './connection.js';
import { expectWritable } from './expect-writable.js';
import { readFacts } from './facts.js';
import { lowerFence, raiseFence } from './fence.js';
import { tablesDigest } from './fingerprint.js';
import { stayFollower, takeAuthority, yieldAuthority } from './hand-over.js';
import type { Lease } from './lease.js';
import { forgetEntries, touchRows } from './log.js';
import { changesReader } from './read-changes.js';
import { readNextIds } from './sequences.js';

export interface PostgresSideOptions {
  target: Target;
  /** Without it, no changes can be applied. */
  lease: Lease | null;
  tables: readonly FollowedTable[];
  fault?: FaultPoint;
}

/** How long the log is left alone when something was in it, and when nothing was, milliseconds. */
const BUSY_MS = 5;
const IDLE_MS = 20;

/** The target, as one of the two databases. It ends its own connections, not the lease's. */
export function postgresSide({
  target,
  lease,
  tables,
  fault = noFaults,
}: PostgresSideOptions): Side {
  // Reading the log must not wait for anything else.
  const reading = openConnection(target);
  const other = openConnection(target);
  const applying =
    lease === null ? null : { lease, ...connectionOver(target, async () => lease.client) };
  const readChanges = changesReader(target, reading, tables);
  const digest = tablesDigest(tables);
  // Whoever only looks knows of no tables.
  const factsDigest = tables.length === 0 ? null : digest;
  let waitMs = BUSY_MS;

  const withLease = () => {
    if (applying !== null) return applying;
    throw new CardctlError('refused', `${target.name} is not ours to apply changes to`, {
      hint: 'Follow it: cardctl migrate --follow',
    });
  };
  return {
    kind: 'postgres',
    facts: () => other.run((client) => readFacts(client, factsDigest)),
    readChanges: async (behind, epoch) => {
      const changes = await readChanges(behind, epoch);
      waitMs = changes === null ? Math.min(waitMs + 1, IDLE_MS) : BUSY_MS;
      return changes;
    },
    changed: async (ms, signal) => {
      // Nobody is told of a commit: NOTIFY would have writers commit one after the other.
      await sleep(Math.min(ms, waitMs), undefined, { signal }).catch(() => undefined);
    },
    forget: (through, epoch) => forgetEntries(target, other, through, epoch),
    nextIds: () => other.run((client) => readNextIds(client, tables)),
    touch: (rows) => touchRows(target, other, rows),
    apply: async (changes) => {
      const { lease: held, ...connection } = withLease();
      await applyChanges(target, connection, held, changes, fault);
    },
    expectWritable: (waitMsMax) => expectWritable(target, other, waitMsMax),
    raiseFence: (epoch, waitMsMax) => raiseFence(target, other, epoch, waitMsMax),
    lowerFence: (epoch) => lowerFence(target, other, epoch),
    stayFollower: (epoch) => stayFollower(target, other, epoch),
    takeAuthority: (epoch, nextIds) => takeAuthority(target, other, tables, epoch, nextIds),
    yieldAuthority: (epoch) => yieldAuthority(target, other, epoch),
    close: async () => {
      await Promise.all([reading.close(), other.close()]);
    },
  };
}
