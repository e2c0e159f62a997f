import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { oneWriteATick } from '../../../src/drivers/one-write-a-tick.js';

/** A stream that keeps what it was given in one go together. */
function open() {
  const goes: string[][] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      goes.push([String(chunk)]);
      done();
    },
    writev: (chunks, done) => {
      goes.push(chunks.map(({ chunk }) => String(chunk)));
      done();
    },
  });
  oneWriteATick(stream);
  return { stream, goes };
}

test('what is written in one go is one write, in its order', async () => {
  const { stream, goes } = open();
  for (const text of ['a', 'b', 'c']) stream.write(text);
  await nextTurn();
  stream.write('d');
  await nextTurn();
  expect(goes).toStrictEqual([['a', 'b', 'c'], ['d']]);
});

test('what others hold together stays so', async () => {
  const { stream, goes } = open();
  stream.cork();
  stream.write('a');
  stream.uncork();
  stream.write('b');
  expect(goes).toStrictEqual([]);
  await nextTurn();
  expect(goes).toStrictEqual([['a', 'b']]);
});

test('a stream that ends in between loses nothing', async () => {
  const { stream, goes } = open();
  stream.write('a');
  stream.end('b');
  await nextTurn();
  expect(goes.flat()).toStrictEqual(['a', 'b']);
});
