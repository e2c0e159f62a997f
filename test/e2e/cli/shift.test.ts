import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../../src/lib/errors.js';
import { runCardctl } from '../../support/cardctl.js';
import { startEdge, type TestEdge } from '../../support/edge.js';
import { tempDir } from '../../support/temp-dir.js';

const FIXTURE = fileURLToPath(new URL('../../../fixtures/edge/cardctl.json', import.meta.url));

/** The edge as a configuration file. */
async function configured({ config }: TestEdge): Promise<string> {
  const { servers, webhookPath, commands, ...nginx } = config;
  const file = join(await tempDir(), 'cardctl.json');
  await writeFile(
    file,
    JSON.stringify({
      telegram: { webhookPath },
      bots: servers.map(({ adminUrl: admin, ...bot }) => ({ ...bot, admin })),
      nginx: {
        ...nginx,
        serverFile: config.upstreamFile.replace('upstream.conf', 'server.conf'),
        test: commands.test,
        reload: commands.reload,
      },
    }),
  );
  return file;
}

/** Posts updates until told to stop. */
function traffic({ post }: TestEdge): { stop(): Promise<number[]> } {
  const statuses: number[] = [];
  let going = true;
  // An idle connection that Nginx was closing as the update was sent: it never read it.
  const deliver = (body: string) =>
    post(body).catch((error: unknown) => {
      if (!['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '')) throw error;
      return post(body);
    });
  const work = async () => {
    while (going) statuses.push(await deliver(`{"update_id":${statuses.length}}`));
  };
  const workers = Promise.all(Array.from({ length: 4 }, work));
  return {
    stop: async () => {
      going = false;
      await workers;
      return statuses;
    },
  };
}

describe('cardctl shift --dry-run', () => {
  test('prints the file and the share of each server, with no Nginx and no bot there', async () => {
    const cwd = await tempDir();
    const args = ['shift', '--percent', '10', '--dry-run', '--config', FIXTURE];
    const { exitCode, stdout, stderr } = await runCardctl(args, { cwd });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('+    server 10.0.1.9:8443 weight=27 max_fails=3 fail_timeout=30s;');
    expect(stdout).toMatch(/^legacy-1 +legacy +27 +90%$/m);
    expect(stdout).toMatch(/^fleet-3 +fleet +1 +3\.33%$/m);
    expect(stdout).toContain('the fleet would get 10% of the traffic; nothing was changed');
  });

  test('--json has the weights as numbers', async () => {
    const args = ['shift', '--percent', '0', '--dry-run', '--json', '--config', FIXTURE];
    const { stdout } = await runCardctl(args, { cwd: await tempDir() });
    const { result } = JSON.parse(stdout);
    expect(result.servers.map(({ weight }: { weight: unknown }) => weight)).toEqual([
      1,
      'down',
      'down',
      'down',
    ]);
    expect(result.fleetPercent).toBe(0);
  });

  test('a share that makes no sense is a usage error', async () => {
    const args = ['shift', '--percent', '110', '--dry-run', '--config', FIXTURE];
    const { exitCode, stderr } = await runCardctl(args, { cwd: await tempDir() });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("'110' is invalid. expected 0 to 100");
  });
});

describe('cardctl shift', () => {
  test('moves the traffic and sees it arrive, and no update fails', async () => {
    const edge = await startEdge();
    const config = await configured(edge);
    const cwd = await tempDir();
    const load = traffic(edge);
    const args = ['shift', '--percent', '25', '--requests', '1500', '--json', '--config', config];
    const { exitCode, stdout } = await runCardctl(args, { cwd });
    const statuses = await load.stop();
    const { result } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(result.verdict).toMatchObject({ verdict: 'pass' });
    expect(exitCode).toBe(0);
    expect(result).toMatchObject({ percent: 25, fromPercent: 0, unserved: 0, notAsked: [] });
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  test('without traffic it holds with exit code 9, and says how to go on', async () => {
    const edge = await startEdge();
    const args = ['shift', '--percent', '50', '--observe-seconds', '1'];
    const { exitCode, stdout } = await runCardctl([...args, '--config', await configured(edge)], {
      cwd: await tempDir(),
    });
    expect(exitCode).toBe(9);
    expect(stdout).toContain('watch more: cardctl shift --percent 50 --observe-seconds 300');
  });

  test('a bot that is not ready is refused by name, and nothing is changed', async () => {
    const edge = await startEdge();
    const fleet = edge.bots[2];
    if (fleet === undefined) throw new Error('no fleet');
    Object.assign(fleet.readiness, { status: 503, text: 'the replica is 40 s behind' });
    const { exitCode, stderr } = await runCardctl(
      ['shift', '--percent', '10', '--config', await configured(edge)],
      { cwd: await tempDir() },
    );
    expect(exitCode).toBe(3);
    expect(stderr).toContain('fleet-2: 503 the replica is 40 s behind');
  });

  test('reload-refused: with a bad file elsewhere the last good one is back, and the next command named', async () => {
    const edge = await startEdge();
    const config = await configured(edge);
    const cwd = await tempDir();
    const before = await readFile(edge.config.upstreamFile, 'utf8');
    await appendFile(join(edge.home, 'server.conf'), 'no_such_directive on;\n');
    const args = ['shift', '--percent', '10', '--config', config];
    const { exitCode, stdout, stderr } = await runCardctl(args, { cwd });
    expect({ exitCode, stdout }).toEqual({ exitCode: 6, stdout: '' });
    expect(stderr).toMatch(/unknown directive "no_such_directive" in \S+server\.conf/);
    expect(stderr).toMatch(
      /the file of generation 1-\w+ \(0%\) is back and every worker still serves/,
    );
    expect(stderr.trim().split('\n').at(-1)).toMatch(/^next: .*nginx .*-t/);
    expect(await readFile(edge.config.upstreamFile, 'utf8')).toBe(before);
    expect(await edge.post('{"update_id":1}')).toBe(200);
  });
});

describe('cardctl nginx', () => {
  test('prints both files for a version, with no Nginx there', async () => {
    const cwd = await tempDir();
    const args = ['nginx', '--nginx-version', '1.27.0', '--config', FIXTURE];
    const { exitCode, stdout } = await runCardctl(args, { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('    http2 on;');
    expect(stdout).toContain('location = /hook-0123456789abcdef {');
    expect(stdout).toContain('server 10.0.1.9:8443 weight=1');
  });

  test('--install has Nginx test and load the files, and leaves the upstream as it is', async () => {
    const edge = await startEdge();
    const config = await configured(edge);
    const cwd = await tempDir();
    const { exitCode, stdout } = await runCardctl(['nginx', '--install', '--config', config], {
      cwd,
    });
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(await edge.post('{"update_id":1}')).toBe(200);
  });
});
