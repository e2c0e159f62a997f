import type { Step } from '../step.js';
import { type Cutover, holdFor, noted, nowStands } from './context.js';

/** A backup that is older than this is made anew before a move begins, hours. */
const BACKUP_HOURS_MAX = 24;

export const assess: Step<Cutover> = {
  name: 'assess',
  title: 'look at the source',
  skip: ({ standing }) => (standing.isLinked ? 'the target was loaded already' : null),
  check: ({ work }) => work.check(),
  run: async (cutover) => noted(cutover, await cutover.work.assess()),
};

export const backUp: Step<Cutover> = {
  name: 'backup',
  title: 'back up the source',
  skip: ({ standing: { backupAgeHours, isLinked } }) => {
    if (backupAgeHours === null) return null;
    const isEnough = isLinked || backupAgeHours < BACKUP_HOURS_MAX;
    return isEnough ? `there is a verified one, ${backupAgeHours.toFixed(1)} h old` : null;
  },
  run: async (cutover) => noted(cutover, await cutover.work.backUp()),
};

export const migrate: Step<Cutover> = {
  name: 'migrate',
  title: 'load the target',
  changesTarget: 'bit by bit',
  skip: ({ standing }) => (standing.isLinked ? 'it is loaded, and linked to the source' : null),
  run: async (cutover) => {
    const done = await cutover.work.migrate();
    cutover.standing = await cutover.work.look();
    return noted(cutover, done);
  },
};

export const followed: Step<Cutover> = {
  name: 'follow',
  title: 'keep both sides equal',
  skip: ({ standing }) => (standing.isFollowed ? 'somebody does that' : null),
  run: async (cutover) => {
    const done = await cutover.work.startFollow();
    nowStands(cutover, { isFollowed: true });
    return noted(cutover, done);
  },
};

export const verify: Step<Cutover> = {
  name: 'verify',
  title: 'prove both sides equal',
  skip: ({ standing }) => (standing.isProven ? 'they were found equal in every value' : null),
  run: async (cutover) => {
    const done = await cutover.work.verify();
    nowStands(cutover, { isProven: true });
    return noted(cutover, done);
  },
};

/** The fleet can only start on a loaded target, so it may just have been told to. */
export const ready: Step<Cutover> = {
  name: 'ready',
  title: 'wait for the fleet',
  skip: ({ standing }) => (standing.percent > 0 ? 'it has traffic already' : null),
  run: async (cutover) => {
    const missing = await cutover.work.untilReady(['fleet']);
    return missing === null ? 'all its bots are ready' : holdFor(cutover, missing);
  },
};

export const warm: Step<Cutover> = {
  name: 'warm',
  title: 'warm the cache',
  skip: ({ standing, work }) => {
    if (work.warm === null) return 'there is no cache';
    return standing.percent > 0 ? 'the fleet has traffic already' : null;
  },
  run: async (cutover) => noted(cutover, (await cutover.work.warm?.()) ?? { outcome: '' }),
};
