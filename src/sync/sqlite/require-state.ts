import { CardctlError } from '../../lib/errors.js';
import type { Authority } from '../authority.js';
import type { State } from './state.js';

/** @throws CardctlError `refused` when there is no capture in the file */
export function requireInstalled(state: State | null, path: string): State {
  if (state !== null) return state;
  throw new CardctlError('refused', `the changes of ${path} are not captured`, {
    hint: 'Install the capture first: cardctl migrate --follow',
    details: { path },
  });
}

/** @throws CardctlError `refused` when the file is not the authority of this epoch; fenced it may be */
export function requireAuthority(state: State | null, path: string, epoch: number): State {
  const found = requireInstalled(state, path);
  const { authority } = found;
  if (authority.store === 'sqlite' && authority.epoch === epoch) return found;
  throw otherEpoch(path, authority, `the authority of epoch ${epoch}`);
}

/** For what only one of an earlier epoch would ask. */
export function otherEpoch(path: string, authority: Authority, wanted: string): CardctlError {
  const { store, epoch, moving } = authority;
  const fence = moving ? ', and between sides' : '';
  return new CardctlError(
    'refused',
    `${path} is not ${wanted}: it says that the authority is ${store} in epoch ${epoch}${fence}`,
    {
      hint: 'Something else has changed the authority since. See where it is: cardctl status',
      details: { path, authority },
    },
  );
}

/** Changes are no longer logged as they should be, or no longer fit the target. */
export function schemaChanged(path: string, tables: readonly string[]): CardctlError {
  return new CardctlError(
    'refused',
    `the schema of ${path} changed since its changes are captured: ${tables.join(', ')}`,
    {
      hint: 'The target needs the same change, so it has to be loaded again: cardctl migrate',
      details: { path, tables },
    },
  );
}
