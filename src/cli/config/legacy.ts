import type { EdgeServer } from '../../edge/config.js';
import type { Problems } from './problems.js';
import type { Body } from './schema.js';
import type { Place } from './validate.js';

/** A foreign legacy has no entry of its own under `bots`, so it gets this name. */
const FOREIGN_NAME = 'legacy';

/** The bots of both stacks, with somebody's own legacy bot as one of them. */
export function serversOf({ legacy, bots = [] }: Pick<Body, 'legacy' | 'bots'>): EdgeServer[] {
  const cardbots = bots.map(({ admin, ...bot }) => ({ ...bot, adminUrl: admin }));
  if (legacy?.kind !== 'foreign') return cardbots;
  const { hostname, port } = new URL(legacy.url);
  const foreign: EdgeServer = {
    name: FOREIGN_NAME,
    stack: 'legacy',
    address: `${hostname}:${port || 80}`,
    foreign: { url: legacy.url, healthUrl: legacy.health },
  };
  return [foreign, ...cardbots];
}

/** Looks at the raw body, so that two kinds of legacy are reported along with what else is wrong. */
export function refuseTwoLegacies(
  { legacy, bots }: Record<string, unknown>,
  place: Place,
  problems: Problems,
): void {
  if (fieldOf(legacy, 'kind') !== 'foreign' || !Array.isArray(bots)) return;
  const add = (index: number, key: string, message: string) => {
    const named = place.nameOf(['bots', index, key]);
    problems.add(named.from, named.path, message);
  };
  for (const [index, bot] of bots.entries()) {
    if (fieldOf(bot, 'stack') === 'legacy') {
      add(index, 'stack', 'the legacy bot is the foreign one at legacy.url; list the fleet alone');
    } else if (fieldOf(bot, 'name') === FOREIGN_NAME) {
      add(index, 'name', `"${FOREIGN_NAME}" is what the foreign legacy bot is called`);
    }
  }
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
