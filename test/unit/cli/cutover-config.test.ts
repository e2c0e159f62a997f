import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Cutover, loadConfig } from '../../../src/cli/config/index.js';
import { configTemplate } from '../../../src/cli/config/template.js';
import { CardctlError } from '../../../src/lib/errors.js';
import { tempDir } from '../../support/temp-dir.js';

async function load(body: object | string, env: NodeJS.ProcessEnv = {}) {
  const cwd = await tempDir();
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  await writeFile(join(cwd, 'cardctl.json'), text);
  await writeFile(join(cwd, 'secret'), 'from-a-file\n');
  const secrets: string[] = [];
  const onSecret = (secret: string) => void secrets.push(secret);
  const { cutover } = loadConfig({ flags: {}, env, cwd, onSecret });
  return { cutover, secrets };
}

async function problemsOf(cutover: object): Promise<string> {
  const error = await load({ cutover }).catch((thrown: unknown) => thrown);
  if (error instanceof CardctlError) return error.message;
  throw new Error('it was accepted', { cause: error });
}

const DEFAULTS: Cutover = {
  steps: [10, 25, 50, 100],
  promoteAfter: 50,
  holdSeconds: 900,
  prometheus: null,
  limits: {
    errorRate: 0.001,
    p99Ms: 500,
    lagMs: 1_000,
    pendingUpdates: 100,
    updateAgeS: 10,
    hitRate: 0.7,
    samplesMin: 1_000,
  },
};

test('without anything the defaults hold', async () => {
  expect((await load({})).cutover).toEqual(DEFAULTS);
});

test('what is given is taken, and the rest keeps its default', async () => {
  const { cutover, secrets } = await load({
    cutover: {
      steps: [5, 100],
      promoteAfter: 5,
      prometheus: { url: 'http://10.0.1.50:9090', token: { file: 'secret' } },
      limits: { errorRate: 0.01, hitRate: null },
    },
  });
  expect(cutover).toEqual({
    steps: [5, 100],
    promoteAfter: 5,
    holdSeconds: 900,
    prometheus: { url: 'http://10.0.1.50:9090', token: 'from-a-file' },
    limits: { ...DEFAULTS.limits, errorRate: 0.01, hitRate: null },
  });
  expect(secrets).toContain('from-a-file');
});

test('the token of Prometheus may come from the environment, or not be there', async () => {
  const url = 'https://metrics.example.org/prometheus';
  const given = await load(
    { cutover: { prometheus: { url, token: `\${TOKEN}` } } },
    { TOKEN: 't' },
  );
  expect(given.cutover.prometheus).toEqual({ url, token: 't' });
  expect(given.secrets).toEqual(['t']);
  const none = await load({ cutover: { prometheus: { url } } });
  expect(none.cutover.prometheus).toEqual({ url, token: null });
});

test('every problem is listed at its place', async () => {
  const message = await problemsOf({
    step: [100],
    holdSeconds: 0,
    prometheus: { url: 'http://user:hunter2@10.0.1.50:9090' },
    limits: { errorRate: 0, p99Ms: 0.5, lagMs: 'soon', hitRate: 1, updateAgeS: 0, samplesMin: 0 },
  });
  for (const problem of [
    /cutover\.step: is not a known key; did you mean "steps"\?/,
    /cutover\.holdSeconds: must be at least 1/,
    /cutover\.prometheus\.url: expected an http or https URL without a login/,
    /cutover\.limits\.errorRate: must be above 0/,
    /cutover\.limits\.p99Ms: expected a whole number/,
    /cutover\.limits\.lagMs: expected a whole number/,
    /cutover\.limits\.hitRate: must be below 1/,
    /cutover\.limits\.updateAgeS: must be at least 1/,
    /cutover\.limits\.samplesMin: must be at least 1/,
  ]) {
    expect(message).toMatch(problem);
  }
  expect(message).not.toContain('hunter2');
});

test.each([
  [[10, 10, 100], 'expected percentages that rise'],
  [[50, 25, 100], 'expected percentages that rise'],
  [[10, 50], 'expected 100 as the last one'],
  [[], 'expected 100 as the last one'],
  [[0, 100], 'must be at least 1'],
  [[12.5, 100], 'expected a whole number'],
])('steps %j are refused: %s', async (steps, problem) => {
  expect(await problemsOf({ steps })).toContain(problem);
});

test('the authority moves behind a step that there is', async () => {
  expect(await problemsOf({ steps: [20, 100] })).toContain(
    'cutover.promoteAfter: 50 is none of the steps: 20, 100',
  );
});

test('what cardctl init has commented out are the defaults', async () => {
  const [, section] =
    /^( {2}\/\/ "cutover": \{$[\s\S]*?^ {2}\/\/ \},)$/m.exec(configTemplate('a.db')) ?? [];
  const body = `{${section?.replaceAll(/^ {2}\/\/ /gm, '')}}`;
  expect((await load(body)).cutover).toEqual(DEFAULTS);
  expect(Object.keys(DEFAULTS.limits).filter((key) => !body.includes(`"${key}"`))).toEqual([]);
});
