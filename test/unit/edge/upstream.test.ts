import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readUpstream } from '../../../src/edge/read-upstream.js';
import { generationOf, renderUpstream, type Upstream } from '../../../src/edge/render-upstream.js';

const AT_10: Upstream = {
  name: 'bot_backend',
  number: 7,
  percent: 10,
  servers: [
    { name: 'legacy-1', stack: 'legacy', address: '10.0.1.5:8443', weight: 27 },
    { name: 'fleet-1', stack: 'fleet', address: '10.0.1.10:8443', weight: 1 },
    { name: 'fleet-2', stack: 'fleet', address: '[fd00::11]:8443', weight: 1 },
  ],
};

it('while shifting, the file is weighted round robin over a shared zone', () => {
  expect(renderUpstream(AT_10)).toBe(`\
# Written by cardctl, which owns this file. Do not edit it: run cardctl shift --percent N.
# Upstream 7: 10% of the traffic to the fleet.
map $server_protocol $cardctl_generation { default ${generationOf(AT_10)}; }
upstream bot_backend {
    zone bot_backend 128k;
    server 10.0.1.5:8443 weight=27 max_fails=3 fail_timeout=30s; # legacy legacy-1
    server 10.0.1.10:8443 weight=1 max_fails=3 fail_timeout=30s; # fleet fleet-1
    server [fd00::11]:8443 weight=1 max_fails=3 fail_timeout=30s; # fleet fleet-2
    keepalive 64;
    keepalive_timeout 60s;
}
`);
});

it('at 100% it is least_conn, with the legacy down', () => {
  const servers = AT_10.servers.map((server) => ({
    ...server,
    weight: server.stack === 'legacy' ? ('down' as const) : 1,
  }));
  const text = renderUpstream({ ...AT_10, percent: 100, servers });
  expect(text).toContain('    zone bot_backend 128k;\n    least_conn;\n');
  expect(text).toContain('    server 10.0.1.5:8443 down max_fails=3 fail_timeout=30s; # legacy');
});

it('connections that bots close early are closed earlier, and that is read back', () => {
  const upstream = { ...AT_10, keepAliveSeconds: 4 };
  const text = renderUpstream(upstream);
  expect(text).toContain('    keepalive_timeout 4s;\n');
  expect(readUpstream(text, 'upstream.conf')).toEqual(upstream);
});

describe('the generation', () => {
  it('is a number and a digest of what the file says', () => {
    expect(generationOf(AT_10)).toMatch(/^7-[0-9a-f]{8}$/);
    expect(generationOf({ ...AT_10, number: 8 }).slice(2)).toBe(generationOf(AT_10).slice(2));
  });

  it.each([
    ['share', { percent: 10.1 }],
    ['name', { name: 'other' }],
    ['keep-alive', { keepAliveSeconds: 4 }],
    ['server', { servers: AT_10.servers.slice(1) }],
  ])('is another for another %s', (_what, change) => {
    expect(generationOf({ ...AT_10, ...change })).not.toBe(generationOf(AT_10));
  });
});

describe('a server that Nginx or cardctl would misread is refused', () => {
  it.each([
    ['bot.example.com:8443', 'is no IP address and port'],
    ['localhost:8443', 'is no IP address and port'],
    ['10.0.1.5', 'is no IP address and port'],
    ['10.0.1.5:0', 'is no IP address and port'],
    ['10.0.1.5:70000', 'is no IP address and port'],
    ['10.0.1.256:80', 'is no IP address and port'],
    ['10.0.1.5:80; include /etc/passwd', 'is no IP address and port'],
  ])('%s', (address, message) => {
    const servers = [{ ...AT_10.servers[0]!, address }];
    expect(() => renderUpstream({ ...AT_10, servers })).toThrow(message);
  });

  it('with a name that is two words', () => {
    const servers = [{ ...AT_10.servers[0]!, name: 'legacy 1' }];
    expect(() => renderUpstream({ ...AT_10, servers })).toThrow('the name of a server');
  });

  it.each(['name', 'address'] as const)('with the %s of another', (field) => {
    const [first, second] = AT_10.servers;
    const servers = [first!, { ...second!, [field]: first![field] }];
    expect(() => renderUpstream({ ...AT_10, servers })).toThrow(
      `${field === 'name' ? 'server legacy-1' : 'address 10.0.1.5:8443'} is listed twice`,
    );
  });
});

describe('reading the file back', () => {
  it('gives what was written', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,12}$/);
    const server = fc.record({
      name: word,
      stack: fc.constantFrom('legacy' as const, 'fleet' as const),
      address: fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 })).map((it) => it.join(':')),
      weight: fc.oneof(fc.constant('down' as const), fc.integer({ min: 1, max: 1_000 })),
    });
    const upstream = fc.record({
      name: word,
      number: fc.nat(),
      percent: fc.integer({ min: 0, max: 1_000 }).map((perMille) => perMille / 10),
      servers: fc
        .uniqueArray(server, { selector: ({ name }) => name, minLength: 1, maxLength: 9 })
        .filter((list) => new Set(list.map(({ address }) => address)).size === list.length),
    });
    fc.assert(
      fc.property(upstream, (written) => {
        expect(readUpstream(renderUpstream(written), 'u.conf')).toEqual(written);
      }),
      { numRuns: 200 },
    );
  });

  it("refuses somebody else's file, by its path", () => {
    expect(() => readUpstream('upstream bot_backend { server 10.0.0.1; }', '/etc/u.conf')).toThrow(
      '/etc/u.conf was not written by cardctl, so it is left alone',
    );
  });

  it('refuses its own file after any one line was taken out, added or changed', () => {
    const lines = renderUpstream(AT_10).split('\n');
    const edited = lines
      .slice(0, -1)
      .flatMap((line, index) => [
        lines.toSpliced(index, 1),
        lines.toSpliced(index, 0, line),
        lines.toSpliced(index, 1, `${line} `),
      ]);
    const reweighted = renderUpstream(AT_10).replace('weight=27', 'weight=9');
    for (const text of [...edited.map((changed) => changed.join('\n')), reweighted]) {
      expect(() => readUpstream(text, 'u.conf')).toThrow(/^u\.conf (is not as|was not)/);
    }
  });
});
