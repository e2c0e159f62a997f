import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Config, loadConfig } from '../../../src/cli/config/index.js';
import { CardctlError } from '../../../src/lib/errors.js';
import { tempDir } from '../../support/temp-dir.js';

async function load(body: object, env: NodeJS.ProcessEnv = {}) {
  const cwd = await tempDir();
  await writeFile(join(cwd, 'cardctl.json'), JSON.stringify(body));
  await writeFile(join(cwd, 'secret'), 'from-a-file\n');
  const secrets: string[] = [];
  const onSecret = (secret: string) => void secrets.push(secret);
  const config: Config = loadConfig({ flags: {}, env, cwd, onSecret });
  return { stacks: config.stacks, secrets, cwd };
}

async function problemsOf(body: object): Promise<string> {
  const error = await load(body).catch((thrown: unknown) => thrown);
  if (error instanceof CardctlError) return error.message;
  throw new Error('it was accepted', { cause: error });
}

test('without bots there are none, and Nginx is where Debian has it', async () => {
  const { stacks } = await load({});
  expect(stacks.bots).toEqual([]);
  expect(stacks.redis).toEqual([]);
  expect(stacks.nginx).toMatchObject({
    upstreamFile: '/etc/nginx/conf.d/cardctl-upstream.conf',
    listenPort: 443,
    commands: { test: ['nginx', '-t'], reload: ['nginx', '-s', 'reload'] },
  });
});

test('secrets come from the environment or a file, and are known as secrets', async () => {
  const { stacks, secrets } = await load(
    {
      telegram: { token: `\${TOKEN}`, secretToken: { file: 'secret' } },
      runtime: { adminToken: 'plain', peerSecret: { file: 'secret' } },
      redis: 'redis://:pa%2Fss@10.0.1.30:6379',
    },
    { TOKEN: '1:abc' },
  );
  expect(stacks.telegram).toMatchObject({ token: '1:abc', secretToken: 'from-a-file' });
  expect(stacks.runtime).toMatchObject({ adminToken: 'plain', peerSecret: 'from-a-file' });
  expect(new Set(secrets)).toEqual(new Set(['1:abc', 'from-a-file', 'plain', 'pa%2Fss', 'pa/ss']));
});

test('paths of Nginx start at the file, and a cluster has several URLs', async () => {
  const { stacks, cwd } = await load({
    nginx: { upstreamFile: 'up.conf', accessLog: '/var/log/x.log' },
    redis: ['redis://a:1', 'redis://b:2'],
  });
  expect(stacks.nginx.upstreamFile).toBe(join(cwd, 'up.conf'));
  expect(stacks.nginx.accessLog).toBe('/var/log/x.log');
  expect(stacks.redis).toEqual(['redis://a:1', 'redis://b:2']);
});

test('every problem is listed at its place', async () => {
  const message = await problemsOf({
    telegram: { webhookPath: 'no-slash', tokn: 'x' },
    runtime: { timeZone: 'Asia/Nowhere' },
    bots: [
      { name: 'a b', stack: 'fleet', address: '10.0.1.10' },
      { name: 'c', stack: 'canary', address: 'bot.example.org:8443' },
    ],
    redis: 'http://10.0.1.30',
    nginx: { test: [] },
  });
  for (const problem of [
    /telegram\.webhookPath: expected a path that begins with \//,
    /telegram\.tokn: is not a known key; did you mean "token"\?/,
    /runtime\.timeZone: expected a time zone such as Asia\/Tehran/,
    /bots\.0\.name: expected letters, digits/,
    /bots\.0\.address: expected an IP address and a port/,
    /bots\.1\.stack: expected legacy or fleet/,
    /bots\.1\.address: expected an IP address and a port/,
    /nginx\.test\.0: is missing/,
  ]) {
    expect(message).toMatch(problem);
  }
});

test('two bots of one name are refused', async () => {
  const bot = { name: 'a', stack: 'fleet', address: '10.0.1.10:8443' };
  expect(await problemsOf({ bots: [bot, bot] })).toContain('bots: two bots have the same name');
});

test('a Redis URL of another kind is refused', async () => {
  expect(await problemsOf({ redis: ['redis://a:1', 'http://b:2'] })).toContain(
    'redis.1: expected a URL such as redis://10.0.1.30:6379',
  );
});
