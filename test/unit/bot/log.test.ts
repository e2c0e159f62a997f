import { GrammyError } from 'grammy';
import { expect, test } from 'vitest';
import { createLog } from '../../../src/bot/log.js';

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  write(createLog({ base: { stack: 'fleet' }, secrets: ['12345:AA-token', 'pa"ss'] }, stream));
  return lines.join('');
}

test('a line is JSON, with level, time and what every line has', () => {
  expect(JSON.parse(logged((log) => log.info({ update_id: 7 }, 'started')))).toMatchObject({
    level: 'info',
    stack: 'fleet',
    update_id: 7,
    msg: 'started',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  });
});

test('no secret is in it, wherever it stood', () => {
  const line = logged((log) => {
    const cause = new Error('password pa"ss is wrong');
    const error = new Error('https://api/bot12345:AA-token/getMe failed', { cause });
    log.error({ err: error, url: '12345:AA-token', login: 'pa"ss' }, 'token 12345:AA-token');
  });
  expect(line).not.toMatch(/AA-token|pa\\?"ss/);
  expect(JSON.parse(line).err).toMatchObject({
    message: 'https://api/bot***/getMe failed',
    cause: { message: 'password *** is wrong' },
  });
});

test('what an error carries besides is left out: payloads and rows', () => {
  const failure = { ok: false as const, error_code: 400, description: 'Bad Request' };
  const payload = { chat_id: 101, text: 'hello Negar' };
  const error = new GrammyError('Call failed', failure, 'sendMessage', payload);
  const line = logged((log) => log.error({ err: error }, 'not sent'));
  expect(line).not.toContain('Negar');
  expect(JSON.parse(line).err).toMatchObject({ type: 'GrammyError' });
});
