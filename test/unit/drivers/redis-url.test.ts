import { describe, expect, it } from 'vitest';
import { describeRedis, parseRedisUrl } from '../../../src/drivers/redis-url.js';

const plain = { username: undefined, password: undefined, db: 0, tls: undefined };

describe('a URL of Redis', () => {
  it.each([
    ['redis://localhost', { ...plain, host: 'localhost', port: 6379 }],
    ['redis://10.0.0.7:6380/3', { ...plain, host: '10.0.0.7', port: 6380, db: 3 }],
    ['redis://[::1]:7000', { ...plain, host: '::1', port: 7000 }],
    [
      'rediss://bot:p%40ss%2Fw@cache.example:6390',
      {
        ...plain,
        host: 'cache.example',
        port: 6390,
        username: 'bot',
        password: 'p@ss/w',
        tls: { servername: 'cache.example' },
      },
    ],
    ['redis://:pw@h', { ...plain, host: 'h', port: 6379, password: 'pw' }],
  ])('%s', (url, address) => {
    expect(parseRedisUrl(url)).toEqual(address);
  });

  it.each([
    'nonsense',
    'http://secret@h',
    'redis://u:secret/x@h',
    'redis://u:secret#x@h',
    'redis://u:secret%zz@h',
  ])('%s is refused, and not repeated', (url) => {
    let thrown: unknown;
    try {
      parseRedisUrl(url);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'usage' });
    expect((thrown as Error).message).not.toContain('secret');
  });

  it('is described by host and port', () => {
    expect(describeRedis(parseRedisUrl('redis://u:pw@h:1'))).toBe('h:1');
    expect(describeRedis(parseRedisUrl('redis://[::1]:7000'))).toBe('[::1]:7000');
  });
});
