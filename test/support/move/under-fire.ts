import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresServer } from '../postgres-server.js';
import type { RunningProcess } from '../process.js';
import type { Audit } from './audit.js';
import { inWords, type KeptFollow, keepFollowing } from './keep-following.js';
import { play } from './player.js';
import type { MoveTemplate } from './template.js';
import {
  cutConnections,
  endedOrStopped,
  faultPointOf,
  isStopped,
  type Violence,
  type When,
} from './violence.js';
import { watchWriters } from './watch.js';

export interface Scenario {
  journalMode: 'wal' | 'delete';
  /** Towards Postgres, or back. */
  command: 'promote' | 'demote';
  violence: Violence;
  /** What the operator does: the same command again, or nothing. */
  afterwards: 'again' | 'nothing';
  /** Whether there is a follow process while the authority changes; without one, nothing is hopeless. */
  isFollowed: boolean;
  players: number;
  opsPerSecond: number;
}

export interface Outcome {
  /** All of them empty, or the move is not what it promises. */
  lost: string[];
  doubled: string[];
  unknown: string[];
  unbalanced: number[];
  renumbered: string[];
  issuedTwice: number[];
  /** Moments at which both databases took writes. */
  bothAccept: string[];
  /** What did not come right although it should have. */
  stuck: string[];
  /** Rows that only one side has, at the end. */
  unequal: string[];
  facts: Pick<Audit, 'acknowledged' | 'slowestMs'> & {
    tries: number;
    /** What ran and how it ended, in order. */
    log: string[];
    /** Which database took writes at the end. */
    authority: 'sqlite' | 'postgres' | null;
  };
}

/** How long anything may take to come right by itself, milliseconds. */
const PATIENCE_MS = 60_000;

/** With it a forgotten fence is lowered after three times as long, milliseconds. */
const CATCH_UP_MS_MAX = 1_500;

/** Moves the authority of a played game, once, with violence; then lets all come right and audits. */
export async function moveUnderFire(
  template: MoveTemplate,
  server: Pick<PostgresServer, 'crash' | 'startAgain'>,
  scenario: Scenario,
): Promise<Outcome> {
  const { journalMode, command, violence, afterwards, isFollowed } = scenario;
  const stage = await template.newStage({ journalMode, catchUpMsMax: CATCH_UP_MS_MAX });
  const log: string[] = [];
  const stuck: string[] = [];
  const words = (name: string) => (name === 'promote' ? [name, '--no-backup'] : [name]);
  const begin = (faultPoint?: string, ...more: string[]) =>
    stage.startCardctl(
      [...words(command), ...more],
      faultPoint === undefined ? {} : { CARDCTL_FAULT_POINT: faultPoint },
    );
  const runs = async (running: RunningProcess) => {
    const result = await running.finished;
    log.push(`${command} ${inWords(result)}`);
    return result.exitCode === 0;
  };
  const again = async () => {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await runs(begin()))) {
      if (performance.now() > deadline) {
        stuck.push(`${command} fails again and again`);
        return;
      }
      await sleep(200);
    }
  };

  if (command !== 'promote') await stage.cardctl(words('promote'));
  const stopped = new AbortController();
  const gaveUp = new AbortController();
  const players = Array.from({ length: scenario.players }, (_, i) =>
    play(stage.playerOptions(`player${i}`, scenario.opsPerSecond), stopped.signal, gaveUp.signal),
  );
  const watch = watchWriters(stage.source, stage.url);
  let follow: KeptFollow | null = null;
  const followAgain = () => {
    follow ??= keepFollowing(stage);
  };
  if (isFollowed) follow = keepFollowing(stage, faultPointOf(violence, 'follow'));
  await follow?.ready();
  await sleep(150);

  const switching = begin(faultPointOf(violence, 'switch'));
  const victims: RunningProcess[] = [];
  /** Once it is time for what is done to others; the switch may stand still meanwhile. */
  const moment = async (at: When, act: () => Promise<void>) => {
    if (typeof at === 'number') await sleep(at);
    else await endedOrStopped(switching, PATIENCE_MS);
    await act();
    switching.child.kill('SIGCONT');
    await runs(switching);
  };
  switch (violence.kind) {
    case 'killed': {
      const { switch: at, follow: its } = violence;
      if (typeof its === 'number')
        await sleep(its).then(() => follow?.running?.child.kill('SIGKILL'));
      if (typeof at === 'number') await sleep(at).then(() => switching.child.kill('SIGKILL'));
      await runs(switching);
      break;
    }
    case 'stopped': {
      const victim = violence.whom === 'switch' ? switching : follow?.running;
      if (typeof violence.at === 'number') {
        await sleep(violence.at);
        victim?.child.kill('SIGSTOP');
      }
      if (victim === switching) await endedOrStopped(switching, PATIENCE_MS);
      else await runs(switching);
      if (victim !== undefined && victim !== null && isStopped(victim)) victims.push(victim);
      else if (victim === switching) await runs(switching);
      log.push(victims.length > 0 ? 'stopped' : 'was not stopped');
      // It may come to its point only now that nobody looks: it stands still for a moment.
      if (victims.length === 0 && victim)
        void endedOrStopped(victim, PATIENCE_MS).then(() => victim.child.kill('SIGCONT'));
      // A stopped follower keeps its lease for as long as its session lives: its host is cut off.
      if (violence.whom === 'follow' && victims.length > 0) {
        await cutConnections(stage.adminUrl, false);
        follow?.retire();
        follow = null;
        followAgain();
      }
      break;
    }
    case 'postgres crashes':
      await moment(violence.at, async () => {
        await server.crash();
        await sleep(violence.downMs);
        await server.startAgain();
      });
      break;
    case 'connections cut':
      await moment(violence.at, async () => {
        log.push(`cut ${await cutConnections(stage.adminUrl, violence.players)}`);
      });
      break;
  }

  for (const victim of victims) {
    // Somebody else goes on, from another machine; without a follow nobody can until it wakes up.
    if (afterwards === 'again') await runs(begin(undefined, '--work-dir', `${stage.source}.work`));
    else if (isFollowed) await watch.nextAccepting(5_000);
    victim.child.kill('SIGCONT');
    if (victim === switching) await runs(switching);
    else {
      // Nobody restarts it: it goes on beside the other until it finds out.
      await sleep(500);
      victim.child.kill('SIGINT');
      await victim.finished;
      log.push(`zombie follow ${inWords(await victim.finished)}`);
    }
  }
  if (afterwards === 'again') await again();
  followAgain();
  if ((await watch.nextAccepting(PATIENCE_MS)) === null) stuck.push('nobody takes writes');
  await sleep(300);
  const authority = await watch.nextAccepting(PATIENCE_MS);
  if (authority === null) stuck.push('nobody takes writes after all');
  stopped.abort();
  const giving = setTimeout(() => gaveUp.abort(), PATIENCE_MS);
  await Promise.all(players);
  clearTimeout(giving);
  if (gaveUp.signal.aborted) stuck.push('an operation was never acknowledged');
  const unequal = await untilEqual(stage);
  await watch.stop();
  const kept = follow as KeptFollow | null;
  await kept?.stop();
  log.push(...(kept?.ends ?? []).map((end) => `follow ${end}`));
  const { [authority ?? 'sqlite']: books } = await stage.books();
  const { intended: _, acknowledged, slowestMs, ...found } = stage.audit(books);
  await stage.drop();
  return {
    ...found,
    bothAccept: [...watch.both],
    stuck,
    unequal,
    facts: { acknowledged, slowestMs, tries: watch.tries, log, authority },
  };
}

/** Rows that only one side has, once nobody writes any more and time was given to catch up. */
async function untilEqual(stage: {
  books(): Promise<{ sqlite: { rows: string[] }; postgres: { rows: string[] } }>;
}): Promise<string[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { sqlite, postgres } = await stage.books();
    const [one, other] = [new Set(sqlite.rows), new Set(postgres.rows)];
    const unequal = [
      ...sqlite.rows.filter((row) => !other.has(row)).map((row) => `sqlite: ${row}`),
      ...postgres.rows.filter((row) => !one.has(row)).map((row) => `postgres: ${row}`),
    ];
    if (unequal.length === 0 || performance.now() > deadline) return unequal.slice(0, 20);
    await sleep(50);
  }
}

/** What of an outcome breaks a promise, in words; empty when all is well. */
export function complaints({ facts: _, ...found }: Outcome): string[] {
  return Object.entries(found).flatMap(([what, list]) =>
    list.length === 0 ? [] : [`${what}: ${list.slice(0, 5).join(', ')}`],
  );
}
