import { expect, it } from 'vitest';
import { userNamed } from '../../support/os-user.js';

const PASSWD = [
  'root:x:0:0:root:/root:/bin/bash',
  'postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash',
  '',
].join('\n');

it('reads a user by name', () => {
  expect(userNamed('postgres', PASSWD)).toEqual({ uid: 101, gid: 104 });
  expect(userNamed('post', PASSWD)).toBeUndefined();
});
