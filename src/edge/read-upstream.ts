import { CardctlError } from '../lib/errors.js';
import type { Stack } from './config.js';
import {
  KEEP_ALIVE_SECONDS,
  OWNED,
  renderUpstream,
  type Upstream,
  type WeightedServer,
} from './render-upstream.js';

/**
 * Reads back a file that `renderUpstream` wrote.
 *
 * @throws CardctlError `refused`, for a file of somebody else's, and for one that was edited
 */
export function readUpstream(text: string, path: string): Upstream {
  if (!text.startsWith(OWNED)) {
    throw new CardctlError('refused', `${path} was not written by cardctl, so it is left alone`, {
      hint: 'Point edge.upstreamFile at a new file, made with: cardctl nginx',
    });
  }
  const upstream = parse(text);
  if (upstream !== undefined && rendersTo(upstream, text)) return upstream;
  throw new CardctlError(
    'refused',
    `${path} is not as cardctl wrote it: it was edited or cut short`,
    {
      hint: 'Put the weights of your choice in force with a file made by: cardctl nginx',
    },
  );
}

function parse(text: string): Upstream | undefined {
  const [, number, percent] = /^# Upstream (\d+): ([\d.]+)% /m.exec(text) ?? [];
  const [, name] = /^upstream (\S+) \{$/m.exec(text) ?? [];
  if (number === undefined || percent === undefined || name === undefined) return undefined;
  const [, kept] = /^ {4}keepalive_timeout (\d+)s;$/m.exec(text) ?? [];
  const keepAliveSeconds = Number(kept);
  return {
    name,
    number: Number(number),
    percent: Number(percent),
    servers: [...serversIn(text)],
    ...(keepAliveSeconds !== KEEP_ALIVE_SECONDS && { keepAliveSeconds }),
  };
}

function* serversIn(text: string): Generator<WeightedServer> {
  const line = /^ {4}server (\S+) (?:down|weight=(\d+)) .*; # (legacy|fleet) (\S+)$/gm;
  for (const [, address = '', weight, stack, name = ''] of text.matchAll(line)) {
    yield {
      name,
      stack: stack as Stack,
      address,
      weight: weight === undefined ? 'down' : Number(weight),
    };
  }
}

/** One changed byte makes it somebody else's file, whatever it still says. */
function rendersTo(upstream: Upstream, text: string): boolean {
  try {
    return renderUpstream(upstream) === text;
  } catch {
    return false;
  }
}
