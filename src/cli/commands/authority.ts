import { Command, Option } from 'commander';
import type { Authority, StoreKind } from '../../store/store.js';
import { type App, action } from '../app.js';
import type { Invocation, Outcome } from '../invocation.js';
import { recordedRun } from '../recorded-run.js';

interface AuthorityFlags {
  to?: StoreKind;
}

/** `cardctl authority` */
export function authorityCommand(app: App): Command {
  return new Command('authority')
    .description('say which database may be written, or decide it while no player plays')
    .addOption(
      new Option('--to <store>', 'from now on this one, and the other refuses').choices([
        'sqlite',
        'postgres',
      ]),
    )
    .action(action(app, run));
}

async function run(invocation: Invocation, { to }: AuthorityFlags): Promise<Outcome> {
  const config = await invocation.config();
  const { openBothSides } = await import('../engine/both-sides.js');
  const { readAuthorities, setAuthority } = await import('../../store/authority.js');
  const sides = openBothSides(config, invocation.clock);
  try {
    const before = await readAuthorities(sides);
    if (to === undefined) return { result: before, text: shown(before) };
    if (invocation.options.dryRun) {
      return { result: { ...before, to }, text: `${shown(before)}\nwould become: ${to}` };
    }
    await invocation.confirm(
      `Make ${to} the authority? Nothing is compared or moved: what the other holds alone is not seen by the players any more.`,
    );
    return await recordedRun(invocation, config, { to }, async () => {
      const { prepareStore } = await import('../../store/ledger-schema.js');
      await prepareStore(sides.sqlite);
      await prepareStore(sides.postgres);
      const authority = await setAuthority(sides, to);
      return {
        result: { ...authority },
        text: `${authority.store} is the authority, epoch ${authority.epoch}`,
      };
    });
  } finally {
    await sides.close();
  }
}

function shown(said: Record<StoreKind, Authority>): string {
  return (['sqlite', 'postgres'] as const)
    .map((kind) => {
      const { store, epoch, moving } = said[kind];
      return `${kind.padEnd(8)} says: ${store}, epoch ${epoch}${moving ? ', between sides' : ''}`;
    })
    .join('\n');
}
