import { Command } from 'commander';
import type { EmbeddedStatus } from '../../drivers/embedded-postgres.js';
import { type App, action } from '../app.js';
import type { Invocation, Outcome } from '../invocation.js';

/** `cardctl postgres start|stop|status|remove` */
export function postgresCommand(app: App): Command {
  const postgres = new Command('postgres').description(
    'the Postgres that cardctl runs itself, where no target is configured',
  );
  postgres
    .command('start')
    .description('start it; it goes on running when the command has ended')
    .action(action(app, start));
  postgres.command('stop').description('shut it down').action(action(app, stop));
  postgres
    .command('status')
    .description('say whether it runs, and its URL')
    .action(action(app, status));
  postgres
    .command('remove')
    .description('shut it down and delete it with all its data')
    .action(action(app, remove));
  return postgres;
}

async function start(invocation: Invocation): Promise<Outcome> {
  const { workDir } = await invocation.config();
  if (invocation.options.dryRun) {
    return { result: { workDir }, text: `would start the embedded Postgres in ${workDir}` };
  }
  const { startEmbedded } = await import('../../drivers/embedded-postgres.js');
  const { url, port, dataDir, started } = await startEmbedded(workDir, {
    signal: invocation.signal,
  });
  invocation.reveal(url);
  const what = started ? 'started' : 'was running already';
  return {
    result: { url, port, dataDir, started },
    text: `the embedded Postgres ${what}, on port ${port}: ${url}\nits data is in ${dataDir}`,
  };
}

async function stop(invocation: Invocation): Promise<Outcome> {
  const { workDir } = await invocation.config();
  if (invocation.options.dryRun) {
    return { result: { workDir }, text: `would stop the embedded Postgres in ${workDir}` };
  }
  const { stopEmbedded } = await import('../../drivers/embedded-postgres.js');
  const stopped = await stopEmbedded(workDir);
  return {
    result: { stopped },
    text: stopped ? 'the embedded Postgres is stopped' : 'the embedded Postgres was not running',
  };
}

async function remove(invocation: Invocation): Promise<Outcome> {
  const { workDir } = await invocation.config();
  const { embeddedStatus, removeEmbedded } = await import('../../drivers/embedded-postgres.js');
  const found = await embeddedStatus(workDir);
  if (found.state === 'absent') {
    return { result: { removed: false }, text: 'there is no embedded Postgres' };
  }
  if (invocation.options.dryRun) {
    return { result: found, text: `would delete the embedded Postgres in ${found.dataDir}` };
  }
  await invocation.confirm(`Delete the embedded Postgres in ${found.dataDir} with all its data?`);
  const removed = await removeEmbedded(workDir);
  return { result: { removed }, text: `deleted ${found.dataDir}` };
}

async function status(invocation: Invocation): Promise<Outcome> {
  const { workDir } = await invocation.config();
  const { embeddedStatus } = await import('../../drivers/embedded-postgres.js');
  const found = await embeddedStatus(workDir);
  if (found.state === 'running') invocation.reveal(found.url);
  return { result: found, text: statusText(found) };
}

function statusText(found: EmbeddedStatus): string {
  if (found.state === 'absent')
    return 'there is no embedded Postgres\nmake one with: cardctl postgres start';
  if (found.state === 'stopped') {
    return `the embedded Postgres is stopped; its data is in ${found.dataDir}\nstart it with: cardctl postgres start`;
  }
  return `the embedded Postgres runs on port ${found.port} (process ${found.pid}): ${found.url}\nits data is in ${found.dataDir}`;
}
