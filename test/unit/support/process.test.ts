import { describe, expect, it } from 'vitest';
import { runProcess, startProcess } from '../../support/process.js';

const node = (code: string) => [process.execPath, ['-e', code]] as const;

describe('running a process', () => {
  it('returns its exit code and both streams', async () => {
    const result = await runProcess(
      ...node("console.log('data'); console.error('talk'); process.exitCode = 3;"),
    );
    expect(result).toEqual({ exitCode: 3, signal: null, stdout: 'data\n', stderr: 'talk\n' });
  });

  it('passes input and environment on, and nothing else of the test run', async () => {
    const { stdout } = await runProcess(
      ...node(
        'process.stdin.pipe(process.stdout); console.log(process.env.A, process.env.VITEST);',
      ),
      { env: { A: 'a' }, input: 'typed' },
    );
    expect(stdout).toBe('a undefined\ntyped');
  });

  it('kills it after the timeout and says what it had written', async () => {
    const slow = node("console.log('so far'); setInterval(() => {}, 1000);");
    await expect(runProcess(...slow, { timeoutMs: 2_000 })).rejects.toThrow(
      /took more than 2000 ms\n--- stdout\nso far/,
    );
  });

  it('rejects when there is no such program', async () => {
    await expect(runProcess('/no/such/program', [])).rejects.toThrow(/ENOENT/);
  });
});

describe('a running process', () => {
  it('can be killed once it has said something', async () => {
    const running = startProcess(...node("console.log('ready'); setInterval(() => {}, 1000);"));
    await running.waitFor(/ready/);
    expect(running.stdout).toBe('ready\n');
    expect(await running.kill()).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });

  it('that ends without saying it is an error, before the wait or during it', async () => {
    const running = startProcess(...node("console.log('other')"));
    await expect(running.waitFor(/ready/)).rejects.toThrow(
      /ended without \/ready\/\n--- stdout\nother/,
    );
    await expect(running.waitFor(/ready/)).rejects.toThrow(/ended without/);
    await running.waitFor(/other/);
  });

  let abandoned: number | undefined;

  it('may be left running', () => {
    abandoned = startProcess(...node('setInterval(() => {}, 1000);')).child.pid;
    expect(abandoned).toBeTypeOf('number');
  });

  it('is killed when its test ends', () => {
    expect(() => process.kill(abandoned as number, 0)).toThrow(/ESRCH/);
  });
});
