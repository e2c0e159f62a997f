import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FileCommands } from '../../../src/edge/config.js';
import { filesOf } from '../../../src/edge/files.js';
import { tempDir } from '../../support/temp-dir.js';

/** The commands that ssh would run over there, run here. */
const COMMANDS: FileCommands = {
  read: ['cat', '{path}'],
  write: ['dd', 'of={path}', 'conv=fsync', 'status=none'],
  rename: ['mv', '-f', '{from}', '{to}'],
  stat: ['stat', '--printf=%i:%s', '{path}'],
  readFrom: ['tail', '-c', '+{position}', '{path}'],
};

const NGINX = { test: ['true'], reload: ['true'], timeoutMsMax: 5_000 } as const;

describe.each([
  ['this machine', undefined],
  ['another machine', COMMANDS],
])('the files of %s', (_where, commands) => {
  const files = filesOf({ ...NGINX, files: commands });

  it('are written, read, renamed and looked at', async () => {
    const directory = await tempDir();
    const [first, second] = [join(directory, 'a.conf'), join(directory, 'b.conf')];
    await writeFile(second, 'old, and longer than the new text');
    await files.write(first, 'weight 1 › 27\n');
    expect(await files.read(first)).toBe('weight 1 › 27\n');
    const before = await files.stat(first);
    await files.rename(first, second);
    expect(await files.read(first)).toBeUndefined();
    expect(await readFile(second, 'utf8')).toBe('weight 1 › 27\n');
    expect(await files.stat(second)).toEqual({ id: before?.id, bytes: 16 });
    expect(await files.stat(first)).toBeUndefined();
    await files.write(second, 'short');
    expect(await files.read(second)).toBe('short');
  });

  it('are read from an offset on', async () => {
    const path = join(await tempDir(), 'log');
    await writeFile(path, 'one\ntwo\n');
    expect((await files.readFrom(path, 0)).toString()).toBe('one\ntwo\n');
    expect((await files.readFrom(path, 4)).toString()).toBe('two\n');
    expect((await files.readFrom(path, 8)).toString()).toBe('');
  });

  it('fail with the path and the reason', async () => {
    const path = join(await tempDir(), 'nowhere', 'a.conf');
    await expect(files.write(path, 'x')).rejects.toMatchObject({
      code: 'edge',
      message: expect.stringMatching(/nowhere\/a\.conf.*(ENOENT|No such file)/s),
    });
  });
});

it('a renamed log is found by its inode on this machine', async () => {
  const files = filesOf(NGINX);
  const directory = await tempDir();
  const path = join(directory, 'access.log');
  await writeFile(path, 'x');
  await mkdir(join(directory, 'old'));
  const { id = '' } = (await files.stat(path)) ?? {};
  await rename(path, `${path}.1`);
  expect(await files.find(path, id)).toBe(`${path}.1`);
  expect(await files.find(path, '1')).toBeUndefined();
});

it('a path that a shell would read does not reach a command', async () => {
  const files = filesOf({ ...NGINX, files: COMMANDS });
  for (const path of ['/tmp/a b', '/tmp/$(id)', '/tmp/a;id', '-rf', "/tmp/'"]) {
    await expect(files.read(path)).rejects.toMatchObject({ code: 'usage' });
    await expect(files.rename('/tmp/a', path)).rejects.toMatchObject({ code: 'usage' });
  }
});

it('another machine that cannot be reached is not taken for a missing file', async () => {
  const program = join(await tempDir(), 'ssh');
  await writeFile(program, '#!/bin/sh\necho no route to host >&2\nexit 255\n');
  await chmod(program, 0o755);
  const files = filesOf({
    ...NGINX,
    files: { ...COMMANDS, read: [program, 'lb', 'cat', '{path}'] },
  });
  await expect(files.read('/etc/u.conf')).rejects.toMatchObject({
    code: 'edge',
    message: `${program} lb cat /etc/u.conf failed with exit code 255: no route to host`,
  });
});

it('what stat should not print is shown', async () => {
  const files = filesOf({ ...NGINX, files: { ...COMMANDS, stat: ['echo', 'Size: 4'] } });
  await expect(files.stat('/etc/u.conf')).rejects.toThrow('not an inode and a size: "Size: 4\\n"');
});
