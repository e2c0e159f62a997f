import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { EdgeFiles } from '../../../src/edge/edge-files.js';
import { localFiles } from '../../../src/edge/local-files.js';
import { watchAccessLog } from '../../../src/steps/gate/sources/access-log.js';
import { tempDir } from '../../support/temp-dir.js';

const GENERATION = '7-0123abcd';

function line(status: number, address: string, generation = GENERATION): string {
  return `1760171400.123 ${generation} ${status} 0.010 ${address}\n`;
}

async function watched(files: EdgeFiles = localFiles()) {
  const path = join(await tempDir(), 'access.log');
  await writeFile(path, line(500, '10.0.1.10:8443'));
  return { path, read: watchAccessLog({ files, path, generation: GENERATION }) };
}

it('what was logged from the first reading on is counted, over a rotation', async () => {
  const { path, read } = await watched();
  expect(await read()).toEqual({ servers: new Map(), unserved: 0, requests: 0 });
  await appendFile(path, line(200, '10.0.1.10:8443') + line(502, 'bot_backend'));
  await appendFile(path, line(200, '10.0.1.10:8443', '6-0123abcd'));
  const first = await read();
  expect(first).toEqual({
    servers: new Map([['10.0.1.10:8443', { requests: 1, failures: 0 }]]),
    unserved: 1,
    requests: 2,
  });
  await appendFile(path, line(503, '10.0.1.10:8443'));
  await rename(path, `${path}.1`);
  await writeFile(path, line(200, '10.0.1.11:8443'));
  expect(await read()).toEqual({
    servers: new Map([
      ['10.0.1.10:8443', { requests: 2, failures: 1 }],
      ['10.0.1.11:8443', { requests: 1, failures: 0 }],
    ]),
    unserved: 1,
    requests: 4,
  });
  // What was given before is as it was.
  expect(first.requests).toBe(2);
});

it('a reading that fails half-way, and two at once, count nothing twice', async () => {
  const local = localFiles();
  let failures = 0;
  const { path, read } = await watched({
    ...local,
    readFrom: async (from, offset) => {
      // The old file was read by then; the new one fails.
      if (failures > 0 && offset === 0) {
        failures -= 1;
        throw new Error('away');
      }
      return local.readFrom(from, offset);
    },
  });
  await read();
  await appendFile(path, line(200, '10.0.1.10:8443'));
  await rename(path, `${path}.1`);
  await writeFile(path, line(200, '10.0.1.11:8443'));
  failures = 1;
  await expect(read()).rejects.toThrow('away');
  const [one, other] = await Promise.all([read(), read()]);
  expect(one).toEqual(other);
  expect(one).toEqual({
    servers: new Map([
      ['10.0.1.10:8443', { requests: 1, failures: 0 }],
      ['10.0.1.11:8443', { requests: 1, failures: 0 }],
    ]),
    unserved: 0,
    requests: 2,
  });
});
