import { expect, it } from 'vitest';
import { runCommand } from '../../../src/edge/commands.js';

const SOON = { timeoutMsMax: 5_000 };

it('arguments reach the program as they are: no shell reads them', async () => {
  const words = { path: '$(id); a  b' };
  const { stdout } = await runCommand(['printf', '%s|', '{path}', 'x={path}', '{other}', '$HOME'], {
    ...SOON,
    words,
  });
  expect(stdout.toString()).toBe('$(id); a  b|x=$(id); a  b|{other}|$HOME|');
});

it('standard input is what was given, or empty', async () => {
  expect((await runCommand(['cat'], { ...SOON, input: 'text' })).stdout.toString()).toBe('text');
  expect((await runCommand(['cat'], SOON)).stdout.toString()).toBe('');
  // It ends without having read a megabyte.
  expect((await runCommand(['true'], { ...SOON, input: 'x'.repeat(1e6) })).exitCode).toBe(0);
});

it('a failure tells the exit code and what was written to standard error', async () => {
  const argv = ['sh', '-c', 'echo emerg: no "}" >&2; exit 3'] as const;
  await expect(runCommand(argv, SOON)).rejects.toMatchObject({
    code: 'edge',
    message: expect.stringContaining('failed with exit code 3: emerg: no }'),
    details: { command: argv, stderr: 'emerg: no }\n' },
  });
  expect(await runCommand(argv, { ...SOON, alsoFine: [3] })).toMatchObject({ exitCode: 3 });
});

it('a program that is not there is named', async () => {
  await expect(runCommand(['/no/such/nginx', '-t'], SOON)).rejects.toMatchObject({
    code: 'edge',
    message: '/no/such/nginx -t could not be started: spawn /no/such/nginx ENOENT',
  });
});

it('a command that takes too long is killed, and so is one whose child lives on', async () => {
  const timeoutMsMax = 200;
  await expect(runCommand(['sleep', '60'], { timeoutMsMax })).rejects.toMatchObject({
    code: 'edge',
    message: 'sleep 60 took longer than 0.2 s',
  });
  await expect(runCommand(['sh', '-c', 'sleep 3 & wait'], { timeoutMsMax })).rejects.toThrow(
    'took longer than 0.2 s',
  );
});

it('a command that is ended by a signal says which', async () => {
  await expect(runCommand(['sh', '-c', 'kill -9 $$'], SOON)).rejects.toThrow(
    'was ended by SIGKILL',
  );
});

it('an abort kills it', async () => {
  const controller = new AbortController();
  const running = runCommand(['sleep', '60'], { timeoutMsMax: 60_000, signal: controller.signal });
  controller.abort();
  await expect(running).rejects.toMatchObject({ code: 'interrupted' });
});
