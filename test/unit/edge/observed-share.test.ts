import { appendFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesOf } from '../../../src/edge/files.js';
import {
  countFrom,
  endOfLog,
  type LogPosition,
  nothingObserved,
} from '../../../src/edge/observed-share.js';
import { tempDir } from '../../support/temp-dir.js';

const files = filesOf({ test: ['true'], reload: ['true'], timeoutMsMax: 5_000 });
const GENERATION = '7-0a1b2c3d';

const line = (address: string, status = 200, generation = GENERATION) =>
  `1700000000.123 ${generation} ${status} 0.004 ${address}\n`;

async function log() {
  const path = join(await tempDir(), 'access.log');
  const observed = nothingObserved();
  const count = async (from: LogPosition) =>
    countFrom(from, { files, path, generation: GENERATION }, observed);
  const requests = () =>
    Object.fromEntries([...observed.servers].map(([address, { requests }]) => [address, requests]));
  return { path, observed, count, requests };
}

describe('a line', () => {
  it('counts for the server that had the last word, and only in its generation', async () => {
    const { path, observed, count } = await log();
    const from = await endOfLog(files, path);
    const lines = [
      line('10.0.1.5:1'),
      line('10.0.1.5:1', 502),
      line('10.0.1.5:1, 10.0.1.6:1'),
      line('10.0.1.6:1', 200, '6-0a1b2c3d'),
      line('bot_backend', 502),
      line('10.0.1.6:1, bot_backend', 502),
      // Refused by Nginx itself: too large a body, say.
      line('-', 413),
    ];
    await writeFile(path, lines.join(''));
    await count(from);
    expect(observed).toEqual({
      servers: new Map([
        ['10.0.1.5:1', { requests: 2, failures: 1 }],
        ['10.0.1.6:1', { requests: 1, failures: 0 }],
      ]),
      unserved: 2,
      requests: 5,
    });
  });

  it('counts once it is whole', async () => {
    const { path, count, requests } = await log();
    const whole = line('10.0.1.5:1');
    await writeFile(path, whole + whole.slice(0, 20));
    const first = await count({ id: '', offset: 0 });
    expect(requests()).toEqual({ '10.0.1.5:1': 1 });
    await appendFile(path, whole.slice(20));
    await count(first);
    expect(requests()).toEqual({ '10.0.1.5:1': 2 });
  });
});

describe('the position', () => {
  it('leaves out what was there before', async () => {
    const { path, count, requests } = await log();
    await writeFile(path, line('10.0.1.5:1').repeat(3));
    const from = await endOfLog(files, path);
    await appendFile(path, line('10.0.1.6:1'));
    const next = await count(from);
    expect(requests()).toEqual({ '10.0.1.6:1': 1 });
    expect(await count(next)).toEqual(next);
    expect(requests()).toEqual({ '10.0.1.6:1': 1 });
  });

  it('follows a rotated log to its end before it begins with the new one', async () => {
    const { path, count, requests } = await log();
    await writeFile(path, line('10.0.1.5:1'));
    const from = await endOfLog(files, path);
    await rename(path, `${path}.1`);
    const between = await count(from);
    await writeFile(path, '');
    // Nginx has not opened the new one yet.
    await appendFile(`${path}.1`, line('10.0.1.6:1'));
    const rotating = await count(between);
    expect(requests()).toEqual({ '10.0.1.6:1': 1 });
    await appendFile(`${path}.1`, line('10.0.1.7:1'));
    await appendFile(path, line('10.0.1.8:1'));
    const after = await count(rotating);
    await appendFile(path, line('10.0.1.8:1'));
    await count(after);
    expect(requests()).toEqual({ '10.0.1.6:1': 1, '10.0.1.7:1': 1, '10.0.1.8:1': 2 });
  });

  it('begins the new log when the old one is gone or was emptied in place', async () => {
    const { path, count, requests } = await log();
    await writeFile(path, line('10.0.1.5:1').repeat(2));
    const from = await endOfLog(files, path);
    await truncate(path);
    await appendFile(path, line('10.0.1.6:1'));
    const emptied = await count(from);
    expect(requests()).toEqual({ '10.0.1.6:1': 1 });
    // Made before the old one is removed, so that it has an inode of its own.
    await writeFile(`${path}.new`, line('10.0.1.7:1'));
    await rm(path);
    await rename(`${path}.new`, path);
    await count(emptied);
    expect(requests()).toEqual({ '10.0.1.6:1': 1, '10.0.1.7:1': 1 });
  });
});
