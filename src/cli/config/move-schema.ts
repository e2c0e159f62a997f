import { isIP } from 'node:net';
import { z } from 'zod';
import { text, whole } from './values.js';

const hostAndPort = text.refine(
  (value) => {
    const at = value.lastIndexOf(':');
    const port = Number(value.slice(at + 1));
    const host = value.slice(0, at).replace(/^\[|\]$/g, '');
    return at > 0 && isIP(host) !== 0 && Number.isInteger(port) && port >= 0 && port <= 65_535;
  },
  { error: 'expected an IP address and a port, such as 127.0.0.1:9464' },
);

export const followSchema = z.strictObject({
  /** Where the follow process has its `/metrics`. */
  listen: hostAndPort.optional(),
});

export const promoteSchema = z.strictObject({
  drainMsMax: whole(1, 60_000).optional(),
  catchUpMsMax: whole(1, 600_000).optional(),
  backlogMax: whole(0, 10_000_000).optional(),
});
