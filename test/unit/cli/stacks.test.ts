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

const FLEET = { name: 'fleet-1', stack: 'fleet', address: '10.0.1.10:8443' };

test('a foreign legacy is one of the bots, with its address from its URL', async () => {
  const { stacks } = await load({
    legacy: { kind: 'foreign', url: 'http://10.0.1.9/webhook', health: 'http://10.0.1.9/up' },
    bots: [{ ...FLEET, admin: 'http://10.0.1.10:9443' }],
  });
  expect(stacks.bots).toEqual([
    {
      name: 'legacy',
      stack: 'legacy',
      address: '10.0.1.9:80',
      foreign: { url: 'http://10.0.1.9/webhook', healthUrl: 'http://10.0.1.9/up' },
    },
    { ...FLEET, adminUrl: 'http://10.0.1.10:9443' },
  ]);
  const inV6 = await load({ legacy: { kind: 'foreign', url: 'http://[fd00::9]:8081/webhook' } });
  expect(inV6.stacks.bots[0]?.address).toBe('[fd00::9]:8081');
});

test('a legacy of cardbots is what is named under bots', async () => {
  const bots = [{ ...FLEET, name: 'legacy', stack: 'legacy' }];
  const { stacks } = await load({ legacy: { kind: 'cardbot' }, bots });
  expect(stacks.bots).toEqual(bots);
});

test('two kinds of legacy are told along with everything else that is wrong', async () => {
  const message = await problemsOf({
    legacy: { kind: 'foreign' },
    bots: [
      { name: 'legacy-1', stack: 'legacy', address: 'bot.example.org:1' },
      { ...FLEET, name: 'legacy' },
    ],
    redis: 'http://10.0.1.30',
  });
  for (const problem of [
    /legacy\.url: is missing/,
    /bots\.0\.stack: the legacy bot is the foreign one at legacy\.url; list the fleet alone/,
    /bots\.0\.address: expected an IP address and a port/,
    /bots\.1\.name: "legacy" is what the foreign legacy bot is called/,
  ]) {
    expect(message).toMatch(problem);
  }
});

test.each([
  ['a host name', { url: 'http://bot.example.org/webhook' }, 'legacy.url: expected a URL such as'],
  ['HTTPS', { url: 'https://10.0.1.9/webhook' }, 'legacy.url: expected a URL such as'],
  ['a query', { url: 'http://10.0.1.9/webhook?a=1' }, 'legacy.url: expected a URL such as'],
  [
    'a health URL that is none',
    { url: 'http://10.0.1.9/', health: 'up' },
    'legacy.health: expected a URL',
  ],
  ['an unknown kind', { kind: 'telegraf' }, 'legacy.kind: expected "kind": "cardbot" or "foreign"'],
  [
    'a cardbot with a URL',
    { kind: 'cardbot', url: 'http://10.0.1.9/' },
    'legacy.url: is not a known key',
  ],
])('a legacy with %s is refused', async (_what, legacy, problem) => {
  expect(await problemsOf({ legacy: { kind: 'foreign', ...legacy } })).toContain(problem);
});
