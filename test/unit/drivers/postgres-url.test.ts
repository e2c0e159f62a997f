import { describe, expect, it } from 'vitest';
import { describeTarget, openTarget, redactUrl, urlOf } from '../../../src/drivers/postgres.js';
import { CardctlError } from '../../../src/lib/errors.js';

const BLOCK = { type: 'postgresql', host: 'db', port: 5433, database: 'game', user: 'bot' };

describe('the URL of a database block', () => {
  it.each([
    [{ password: 'secret' }, 'postgresql://bot:secret@db:5433/game'],
    [{ password: '' }, 'postgresql://bot@db:5433/game'],
    [{ port: undefined }, 'postgresql://bot@db:5432/game'],
    [{ port: '6432' }, 'postgresql://bot@db:6432/game'],
    [{ password: 'p@:/?#%' }, 'postgresql://bot:p%40%3A%2F%3F%23%25@db:5433/game'],
    [{ host: '::1' }, 'postgresql://bot@[::1]:5433/game'],
    [{ host: '/run/pg' }, 'postgresql://bot@localhost:5433/game?host=%2Frun%2Fpg'],
    [{ read_replica: { host: 'replica' } }, 'postgresql://bot@db:5433/game'],
  ])('of %j is %s', (change, url) => {
    expect(urlOf({ ...BLOCK, ...change })).toBe(url);
  });
});

describe('for people', () => {
  it.each([
    ['postgresql://bot:secret@db:5433/game', 'db:5433/game'],
    ['postgres://bot@db/game', 'db:5432/game'],
    ['postgresql://bot@[::1]:5433/game?sslmode=require', '[::1]:5433/game'],
    ['postgresql://bot:secret@localhost/game?host=/run/pg', '/run/pg:5432/game'],
    ['postgresql://bot:secret@db/caf%C3%A9', 'db:5432/café'],
  ])('%s is called %s', (url, name) => {
    expect(describeTarget(url)).toBe(name);
  });

  it.each([
    ['postgresql://bot:secret@db:5433/game', 'postgresql://bot:***@db:5433/game'],
    ['postgresql://bot@db/game?sslmode=require', 'postgresql://bot@db/game?sslmode=require'],
    ['postgresql://bot@db/game?password=secret', 'postgresql://bot@db/game?password=***'],
    ['postgresql://bot:se/cret@db/game', '(unreadable URL)'],
    ['postgresql://bot:12/se@db/game', '(unreadable URL)'],
    ['host=db password=secret', '(unreadable URL)'],
  ])('%s is shown as %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });
});

it.each([
  'postgresql://bot:sec/ret@db/game',
  'postgresql://bot:12/ret@db/game',
  'postgresql://bot:12?ret@db/game',
  'postgresql://bot:12#ret@db/game',
  'postgresql://bot:ret@db/game#ret',
  'mysql://bot:ret@db/game',
  'host=db password=ret',
])('%s is refused without being repeated', (url) => {
  let error: unknown;
  try {
    openTarget(url);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(CardctlError);
  expect(error).toMatchObject({ code: 'usage', hint: expect.stringContaining('percent-encoded') });
  expect((error as CardctlError).message).not.toMatch(/ret\b/);
});
