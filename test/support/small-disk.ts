import { execFileSync } from 'node:child_process';
import { rmdirSync } from 'node:fs';
import { atEnd } from './cleanup.js';
import { tempDir } from './temp-dir.js';

/** Whether this machine lets us mount a disk in memory; only root may. */
export const canMount = mounts();

/** Mounts an empty disk of so many bytes, in memory, unmounted when the test ends. */
export async function smallDisk(bytes: number): Promise<string> {
  const path = await tempDir();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path]);
  atEnd(() => void execFileSync('umount', ['-l', path]));
  return path;
}

/** Makes a disk of `smallDisk` read-only. */
export function makeReadOnly(path: string): void {
  execFileSync('mount', ['-o', 'remount,ro', path]);
}

function mounts(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    const path = execFileSync('mktemp', ['-d']).toString().trim();
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', path], { stdio: 'ignore' });
    execFileSync('umount', ['-l', path]);
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}
