import { expect, it } from 'vitest';
import { explainRedisError, isReply } from '../../../src/drivers/redis-errors.js';
import { CardctlError } from '../../../src/lib/errors.js';

const facts = { name: 'cache:6379', secrets: ['p@ss', 'p%40ss'] };

function reply(message: string): Error {
  const error = new Error(message);
  error.name = 'ReplyError';
  return error;
}

it('no secret is in the message, the cause or the details, in any spelling', () => {
  const error = Object.assign(new Error('AUTH p@ss failed at redis://:p%40ss@cache'), {
    command: { name: 'auth', args: ['p@ss'] },
  });
  const { message, hint, details, cause } = explainRedisError(facts, error);
  const shown = [
    message,
    hint,
    JSON.stringify(details),
    JSON.stringify(cause),
    (cause as Error).stack,
  ];
  expect(shown.join('\n')).not.toMatch(/p@ss|p%40ss/);
  expect(message).toBe('Redis at cache:6379: AUTH *** failed at redis://:***@cache');
});

it.each([
  [
    Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
    'ECONNREFUSED',
    'nothing answers at cache:6379',
  ],
  [
    reply('WRONGPASS invalid username-password pair'),
    'WRONGPASS',
    'does not accept the user and password',
  ],
  [
    reply("OOM command not allowed when used memory > 'maxmemory'."),
    'OOM',
    'is full and takes no writes',
  ],
  [reply('READONLY You can not write against a read only replica.'), 'READONLY', 'takes no writes'],
])('%s is explained as %s', (error, code, words) => {
  const explained = explainRedisError(facts, error);
  expect(explained).toMatchObject({ code: 'edge', details: { redis: 'cache:6379', code } });
  expect(explained.message).toContain(words);
  expect(explained.hint).toMatch(/\.$/);
});

it('a reply is one by its name, and an error of ours passes through', () => {
  expect([isReply(reply('OOM x')), isReply(new Error('OOM x'))]).toEqual([true, false]);
  const own = new CardctlError('edge', 'known');
  expect(explainRedisError(facts, own)).toBe(own);
});
