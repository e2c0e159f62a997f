import type { Bench, Contender } from './bench.js';
import { type Inventory, takeInventory } from './inventory.js';
import { quiet, type Timing } from './timing.js';

export interface Measured {
  /** By figure, one timing a round. */
  timings: ReadonlyMap<string, readonly Timing[]>;
  /** By contender, after the first round. */
  inventories: ReadonlyMap<string, Inventory>;
}

/** Runs the contenders in turn, round after round, each on an empty database. */
export async function measureRounds(
  bench: Bench,
  contenders: readonly Contender[],
  rounds: number,
  say: (line: string) => void,
): Promise<Measured> {
  const timings = new Map<string, Timing[]>();
  const inventories = new Map<string, Inventory>();
  for (const contender of contenders) {
    say(`${contender.title}: preparing`);
    await contender.prepare?.(bench);
  }
  for (let round = 1; round <= rounds; round += 1) {
    for (const contender of contenders) {
      await bench.server.withDatabase(async (url) => {
        await quiet(bench.signal);
        for (const timing of await contender.run(bench, url)) {
          timings.set(timing.figure, [...(timings.get(timing.figure) ?? []), timing]);
          say(`round ${round} of ${rounds}: ${timing.figure} ${timing.seconds.toFixed(1)} s`);
        }
        if (round === 1) inventories.set(contender.title, await takeInventory(url, bench.source));
      });
    }
  }
  return { timings, inventories };
}
