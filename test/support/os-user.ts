import { readFileSync } from 'node:fs';

export interface OsUser {
  uid: number;
  gid: number;
}

/**
 * Whom to run a server as. PostgreSQL refuses root, so root lends it to `postgres`, or else to
 * `nobody`; anybody else runs it as themselves (undefined).
 */
export function serverUser(): OsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync('/etc/passwd', 'utf8');
  const user = userNamed('postgres', passwd) ?? userNamed('nobody', passwd);
  if (user === undefined) throw new Error('PostgreSQL refuses root, and no other user is here');
  return user;
}

/** Reads one user out of the text of /etc/passwd. */
export function userNamed(name: string, passwd: string): OsUser | undefined {
  const fields = passwd.split('\n').map((line) => line.split(':'));
  const [, , uid, gid] = fields.find(([user]) => user === name) ?? [];
  if (uid === undefined || gid === undefined) return undefined;
  return { uid: Number(uid), gid: Number(gid) };
}
