import { Gauge, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { readFollowLag } from '../../../src/steps/gate/sources/follow.js';
import { BROKEN, guarded, serve, TOKEN } from './http.js';

const NOW_S = 1_760_000_000;

async function read(url: string, token = TOKEN) {
  const clock = { ...systemClock, now: () => new Date(NOW_S * 1_000) };
  return readFollowLag({ url, token, clock, timeoutMs: 300 }, new AbortController().signal);
}

async function followerThatCaughtUp(atS?: number): Promise<string> {
  const registry = new Registry();
  const caughtUp = new Gauge({
    name: 'cardctl_follow_caught_up_timestamp_seconds',
    help: 'Caught up',
    registers: [registry],
  });
  if (atS !== undefined) caughtUp.set(atS);
  return serve(guarded(async (_request, response) => response.end(await registry.metrics())));
}

it('a follower is behind by the time since it last had everything', async () => {
  expect(await read(await followerThatCaughtUp(NOW_S - 0.25))).toEqual({ lagMs: 250, ageMs: 0 });
  expect(await read(await followerThatCaughtUp(NOW_S - 3_600))).toEqual({
    lagMs: 3_600_000,
    ageMs: 0,
  });
});

it('a clock that is a little ahead is no negative lag', async () => {
  expect(await read(await followerThatCaughtUp(NOW_S + 0.25))).toEqual({ lagMs: 0, ageMs: 0 });
});

it('a follower that never had everything, or is none, gives no lag', async () => {
  const never = 'the follower has not caught up yet';
  await expect(read(await followerThatCaughtUp())).rejects.toThrow(never);
  await expect(read(await followerThatCaughtUp(Number.NaN))).rejects.toThrow(never);
  await expect(read(await serve((_request, response) => response.end()))).rejects.toThrow(never);
});

it('a wrong token is told as one', async () => {
  await expect(read(await followerThatCaughtUp(NOW_S), 'wrong-token')).rejects.toThrow(
    /^answered 401: the token is not the right one$/,
  );
});

it.each(BROKEN)('a follower that %s gives no lag, and no token', async (_, answer, reason) => {
  const error = await read(await serve(answer)).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ message: expect.stringMatching(reason) });
  expect(String(error)).not.toContain(TOKEN);
});
