import { findServers } from './servers/find.js';
import { meansHere, planInstall, runInstall } from './servers/install.js';

/** Makes sure that the servers the tests run for real are here, installing what it may. */
function ensureServers(): number {
  const { missing } = findServers();
  if (missing.length > 0) {
    const plan = planInstall(missing, meansHere());
    if ('advice' in plan) return refuse(plan.advice);
    console.error(`installing what the tests need: ${missing.join(', ')}`);
    if (!runInstall(plan.command)) return refuse(`could not install: ${missing.join(', ')}`);
  }
  return report();
}

function report(): number {
  const { found, missing } = findServers();
  for (const { name, version, path } of found) {
    console.log(`${name.padEnd(12)}  ${version.padEnd(22)}  ${path}`);
  }
  return missing.length === 0 ? 0 : refuse(`still missing: ${missing.join(', ')}`);
}

function refuse(reason: string): number {
  console.error(`ensure-servers: ${reason}`);
  return 1;
}

process.exitCode = ensureServers();
