import { once } from 'node:events';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ApplyStage, applyUpstream } from '../../../src/edge/apply-upstream.js';
import type { EdgeConfig } from '../../../src/edge/config.js';
import { filesOf } from '../../../src/edge/files.js';
import { planShift } from '../../../src/edge/plan-shift.js';
import { shift } from '../../../src/edge/shift.js';
import { meetWorkers } from '../../../src/edge/workers.js';
import { childrenOf } from '../../support/children.js';
import { atEnd } from '../../support/cleanup.js';
import { startEdge, type TestEdge } from '../../support/edge.js';
import { shiftOptions, surroundings } from '../../support/edge-options.js';

/** Applies without asking servers and without watching. */
async function apply(
  edge: TestEdge,
  percent: number,
  more: {
    config?: EdgeConfig;
    deadlineMs?: number;
    signal?: AbortSignal;
    prove?: () => Promise<void>;
    onStage?: (stage: ApplyStage) => void;
  } = {},
) {
  const { config } = edge;
  const { next } = planShift(config, percent, await readFile(config.upstreamFile, 'utf8'));
  const prove = async () => undefined;
  const stages: ApplyStage[] = [];
  const onStage = (stage: ApplyStage) => {
    stages.push(stage);
    more.onStage?.(stage);
  };
  const around = surroundings(edge, more.deadlineMs);
  const { deadlineMs } = around;
  return {
    stages,
    applying: applyUpstream(next, { ...around, prove, ...more, deadlineMs, onStage }),
  };
}

/** What each worker serves, and what the files say. */
async function state({ config }: TestEdge) {
  const workers = await meetWorkers(config.statusUrl);
  await workers.close();
  return {
    serving: [...new Set(workers.serving.values())].map((generation) =>
      Number.parseInt(generation, 10),
    ),
    file: numberIn(await readFile(config.upstreamFile, 'utf8')),
    lastGood: await readFile(`${config.upstreamFile}.last-good`, 'utf8').then(numberIn, () => null),
  };
}

function numberIn(text: string): number {
  return Number(/^# Upstream (\d+):/m.exec(text)?.[1]);
}

describe('the workers', () => {
  it('are met all, and are all others after an apply', async () => {
    const edge = await startEdge();
    const before = childrenOf(edge.nginx.masterPid);
    const met = await meetWorkers(edge.config.statusUrl);
    expect([...met.serving.keys()].toSorted()).toEqual(before.toSorted());
    expect(met.staying().toSorted()).toEqual(before.toSorted());

    const { applying } = await apply(edge, 10);
    const { workers, generation } = await applying;
    expect(met.staying()).toEqual([]);
    await met.close();
    expect(workers.filter((pid) => before.includes(pid))).toEqual([]);
    const after = await meetWorkers(edge.config.statusUrl);
    expect([...after.serving]).toEqual(
      expect.arrayContaining(workers.map((pid) => [pid, generation])),
    );
    await after.close();
  });

  it('that do not begin to shut down are waited for, and then the shift is undone', async () => {
    const edge = await startEdge();
    const [stuck = 0] = childrenOf(edge.nginx.masterPid);
    const { applying, stages } = await apply(edge, 10, {
      deadlineMs: 3_000,
      // It keeps the connections that it has, and knows nothing of the reload.
      onStage: (stage) => {
        if (stage === 'written') process.kill(stuck, 'SIGSTOP');
      },
    });
    try {
      await expect(applying).rejects.toMatchObject({
        code: 'edge',
        message: expect.stringMatching(
          new RegExp(`worker ${stuck} has not begun to shut down; .* is back and every worker`),
        ),
      });
    } finally {
      process.kill(stuck, 'SIGCONT');
    }
    expect(stages.at(-1)).toBe('reloaded');
    expect(await state(edge)).toEqual({ serving: [1], file: 1, lastGood: null });
  });
});

describe('the old file stays, and the old weights with it,', () => {
  it('when the test refuses the new one', async () => {
    const edge = await startEdge();
    // A file that is broken together with the rest of the configuration, though not by itself.
    await writeFile(join(edge.home, 'server.conf'), 'upstream bot_backend { server 127.0.0.1:1; }');
    const { applying, stages } = await apply(edge, 10);
    await expect(applying).rejects.toMatchObject({
      code: 'edge',
      message: expect.stringMatching(
        /-t failed with exit code 1: .*duplicate upstream "bot_backend".*the file of generation 1-\w+ \(0%\) is back and every worker still serves it/s,
      ),
      details: { putBack: { file: true, served: true } },
    });
    expect(stages).toEqual(['kept', 'written', 'replaced']);
    expect(await state(edge)).toEqual({ serving: [1], file: 1, lastGood: null });
  });

  it('when the reload command fails', async () => {
    const edge = await startEdge();
    edge.config.commands = {
      ...edge.config.commands,
      reload: ['sh', '-c', 'echo no master >&2; exit 1'],
    };
    const { applying, stages } = await apply(edge, 10);
    await expect(applying).rejects.toMatchObject({
      code: 'edge',
      message: expect.stringMatching(
        /exit code 1: no master; the file .* is back and every worker still/,
      ),
    });
    expect(stages).toEqual(['kept', 'written', 'replaced', 'tested']);
    expect(await state(edge)).toEqual({ serving: [1], file: 1, lastGood: null });
  });

  it('when the reload is reported done and nothing comes of it', async () => {
    const edge = await startEdge();
    edge.config.commands = { ...edge.config.commands, reload: ['true'] };
    const { applying, stages } = await apply(edge, 10, { deadlineMs: 500 });
    await expect(applying).rejects.toMatchObject({
      code: 'edge',
      message: expect.stringMatching(
        /after 0\.5 s not every worker of Nginx serves generation 2-\w+: worker \d+ serves 1-\w+; the file of generation 1-\w+ \(0%\) is back and every worker still serves it/,
      ),
    });
    expect(stages.at(-1)).toBe('reloaded');
    expect(await state(edge)).toEqual({ serving: [1], file: 1, lastGood: null });
  });

  it('when Nginx refuses the reload after a good test: elsewhere a port is taken', async () => {
    const edge = await startEdge();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    atEnd(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    // The test does not mind a port that is in use; the master, when it binds it, does.
    await appendFile(join(edge.home, 'server.conf'), `server { listen 127.0.0.1:${port}; }`);
    const { applying, stages } = await apply(edge, 10, { deadlineMs: 2_000 });
    await expect(applying).rejects.toMatchObject({
      code: 'edge',
      message: expect.stringMatching(
        /not every worker of Nginx serves generation 2-\w+.*the file of generation 1-\w+ \(0%\) is back and every worker still serves it/s,
      ),
      details: { putBack: { file: true, served: true } },
    });
    expect(stages.at(-1)).toBe('reloaded');
    expect(await edge.nginx.errorLog()).toContain('Address already in use');
    expect(await state(edge)).toEqual({ serving: [1], file: 1, lastGood: null });
    expect(await edge.post('{"update_id":1}')).toBe(200);
  });

  it('when what it should do, it does not', async () => {
    const edge = await startEdge();
    const { applying, stages } = await apply(edge, 10, {
      prove: async () => {
        expect(await state(edge)).toEqual({ serving: [2], file: 2, lastGood: 1 });
        throw new Error('no good');
      },
    });
    await expect(applying).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringMatching(
        /^no good; the file of generation 1-\w+ \(0%\) is back and every worker serves it/,
      ),
    });
    expect(stages.at(-1)).toBe('served');
    expect(await state(edge)).toEqual({ serving: [1], file: 1, lastGood: null });
  });

  it('when it is aborted while the file is tested', async () => {
    const edge = await startEdge();
    const controller = new AbortController();
    edge.config.commands = { ...edge.config.commands, test: ['sleep', '60'], timeoutMsMax: 70_000 };
    const { applying } = await apply(edge, 10, {
      signal: controller.signal,
      onStage: (stage) => {
        if (stage === 'replaced') setTimeout(() => controller.abort(), 100);
      },
    });
    await expect(applying).rejects.toMatchObject({
      code: 'interrupted',
      message: expect.stringMatching(
        /^sleep 60 was stopped; the file of generation 1-\w+ \(0%\) is back/,
      ),
    });
    expect(await state(edge)).toEqual({ serving: [1], file: 1, lastGood: null });
  });

  it('when it is aborted while the workers are waited for', async () => {
    const edge = await startEdge();
    const controller = new AbortController();
    const { applying } = await apply(edge, 10, {
      signal: controller.signal,
      onStage: (stage) => {
        if (stage === 'reloaded') controller.abort();
      },
    });
    await expect(applying).rejects.toMatchObject({
      code: 'interrupted',
      message: expect.stringMatching(/^stopped while .* is back and every worker serves it$/),
    });
    expect(await state(edge)).toEqual({ serving: [1], file: 1, lastGood: null });
  });

  it('when the status listener cannot be reached: nothing is begun', async () => {
    const edge = await startEdge();
    const { applying, stages } = await apply(edge, 10, {
      config: {
        ...edge.config,
        statusUrl: `http://127.0.0.1:${edge.config.listenPort}/generation`,
      },
    });
    await expect(applying).rejects.toMatchObject({
      code: 'edge',
      message: expect.stringContaining('the status listener at http'),
    });
    expect(stages).toEqual(['kept']);
    expect(await state(edge)).toEqual({ serving: [1], file: 1, lastGood: 1 });
  });
});

it('a file that was edited by hand is left alone', async () => {
  const edge = await startEdge();
  const { upstreamFile } = edge.config;
  const edited = (await readFile(upstreamFile, 'utf8')).replace('weight=1 ', 'weight=9 ');
  await writeFile(upstreamFile, edited);
  await expect(shift(shiftOptions(edge, 10))).rejects.toMatchObject({ code: 'refused' });
  expect(await readFile(upstreamFile, 'utf8')).toBe(edited);
});

it('Nginx on another machine is shifted through commands alone', async () => {
  const edge = await startEdge();
  edge.config.commands = {
    ...edge.config.commands,
    files: {
      read: ['cat', '{path}'],
      write: ['dd', 'of={path}', 'conv=fsync', 'status=none'],
      rename: ['mv', '-f', '{from}', '{to}'],
      stat: ['stat', '--printf=%i:%s', '{path}'],
      readFrom: ['tail', '-c', '+{position}', '{path}'],
    },
  };
  const { plan } = await shift(shiftOptions(edge, 25, { files: filesOf(edge.config.commands) }));
  expect(plan.shares.fleetPercent).toBe(25);
  expect(await state(edge)).toEqual({ serving: [2], file: 2, lastGood: 2 });
});
