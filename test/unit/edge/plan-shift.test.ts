import { expect, it } from 'vitest';
import { planShift } from '../../../src/edge/plan-shift.js';

it('a plan needs neither Nginx nor servers', () => {
  const address = (number: number) => `192.0.2.${number}:8443`;
  const config = {
    servers: [
      { name: 'legacy-1', stack: 'legacy', address: address(1) },
      { name: 'fleet-1', stack: 'fleet', address: address(2) },
    ],
    upstreamName: 'bot_backend',
    upstreamFile: '/nowhere/upstream.conf',
  } as unknown as Parameters<typeof planShift>[0];
  const first = planShift(config, 0, undefined);
  const { diff, fromPercent, shares } = planShift(config, 10, first.text);
  expect({ fromPercent, to: shares.fleetPercent }).toEqual({ fromPercent: 0, to: 10 });
  expect(diff.match(/^[-+] .*$/gm)).toEqual([
    '-    server 192.0.2.1:8443 weight=1 max_fails=3 fail_timeout=30s; # legacy legacy-1',
    '-    server 192.0.2.2:8443 down max_fails=3 fail_timeout=30s; # fleet fleet-1',
    '+    server 192.0.2.1:8443 weight=9 max_fails=3 fail_timeout=30s; # legacy legacy-1',
    '+    server 192.0.2.2:8443 weight=1 max_fails=3 fail_timeout=30s; # fleet fleet-1',
  ]);
});

it('Nginx keeps connections for less than 5 s as long as a foreign bot gets traffic', () => {
  const config = {
    servers: [
      { name: 'legacy', stack: 'legacy', address: '192.0.2.1:81', foreign: { url: 'http://x/' } },
      { name: 'fleet-1', stack: 'fleet', address: '192.0.2.2:8443' },
    ],
    upstreamName: 'bot_backend',
    upstreamFile: '/nowhere/upstream.conf',
  } as unknown as Parameters<typeof planShift>[0];
  expect(planShift(config, 50, undefined).text).toContain('keepalive_timeout 4s;');
  expect(planShift(config, 100, undefined).text).toContain('keepalive_timeout 60s;');
});
