import type { StoreKind } from '../../sync/authority.js';
import type { Step } from '../step.js';
import { type Cutover, noted, nowStands } from './context.js';

export const promote: Step<Cutover> = {
  name: 'promote',
  title: 'make Postgres the authority',
  changesTarget: 'whole',
  skip: ({ standing: { authority, unfinished } }) =>
    authority === 'postgres' && unfinished === null ? 'it is' : null,
  run: (cutover) => switchTo(cutover, 'postgres'),
  undo: {
    name: 'demote',
    title: 'make SQLite the authority again',
    isDue: ({ standing: { authority, unfinished } }) =>
      authority === 'postgres' || unfinished !== null,
    run: (cutover) => switchTo(cutover, 'sqlite'),
  },
};

/** What was loaded before has been forgotten meanwhile, as far as nobody asked for it. */
export const warmAgain: Step<Cutover> = {
  name: 'warm-again',
  title: 'warm the cache again',
  skip: ({ plan, standing, work }) => {
    if (work.warm === null) return 'there is no cache';
    return standing.percent > plan.promoteAfter ? 'that was before the last step' : null;
  },
  run: async (cutover) => noted(cutover, (await cutover.work.warm?.()) ?? { outcome: '' }),
};

async function switchTo(cutover: Cutover, store: StoreKind): Promise<string> {
  const { epoch, isFollowed, ...done } = await cutover.work.switchTo(store);
  nowStands(cutover, { authority: store, epoch, unfinished: null, isFollowed });
  const outcome = noted(cutover, done);
  // The way back is only as good as the copy on the other side.
  if (!isFollowed) {
    const { outcome: started } = await cutover.work.startFollow();
    nowStands(cutover, { isFollowed: true });
    return `${outcome}; ${started}`;
  }
  return outcome;
}
