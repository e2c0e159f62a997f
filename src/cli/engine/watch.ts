import { setTimeout as sleep } from 'node:timers/promises';
import { judgeAll, type Seen, seenWith } from '../../steps/gate/judge.js';
import { lookAt } from '../../steps/gate/look.js';
import { type GateReading, readingOf } from '../../steps/gate/measure.js';
import type { Deps } from '../../steps/step.js';
import type { Config } from '../config/index.js';
import { gateLimits, gateSources } from './gate.js';
import { lookEvent } from './look-event.js';
import { type Places, readStanding } from './standing.js';

/** From one look to the next, ms. */
const LOOK_MS = 1_000;

/** What is counted begins anew after so many looks: an hour ago says nothing of now. */
const LOOKS_MAX = 300;

/** Reports what gates would see, every second until the signal. Changes nothing. */
export async function watchMove(
  config: Config,
  places: Places,
  step: string,
  { clock, signal, report }: Deps,
): Promise<void> {
  while (!signal.aborted) {
    const standing = await readStanding(config, places, clock);
    const sources = await gateSources(config, places, clock);
    const measure = {
      sources,
      limits: gateLimits(config, standing.authority),
      stack: 'fleet',
      looks: LOOKS_MAX,
    } as const;
    let seen: Seen | null = null;
    let before: GateReading | null = null;
    for (let look = 0; look < LOOKS_MAX && !signal.aborted; look++) {
      seen = seenWith(seen, await lookAt(sources, signal));
      const reading = readingOf(seen.last, clock.now());
      report(lookEvent({ step, ...standing }, reading, judgeAll(seen, measure), before));
      before = reading;
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
      // A database that is away is what the gates tell.
      const now = await readStanding(config, places, clock).catch(() => standing);
      if (now.percent !== standing.percent || now.epoch !== standing.epoch) break;
    }
  }
}
