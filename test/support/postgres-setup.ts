import type { TestProject } from 'vitest/node';
import { type PostgresServer, startPostgres } from './postgres-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    postgresAdminUrl: string;
  }
}

/**
 * The global setup of the projects that need PostgreSQL. Each project loads this module afresh,
 * so the one server that they share hangs on the process.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = sharedServer();
  shared.users += 1;
  shared.server ??= startPostgres();
  project.provide('postgresAdminUrl', (await shared.server).adminUrl);
  return async () => {
    shared.users -= 1;
    if (shared.users === 0) await (await shared.server)?.stop();
  };
}

interface SharedServer {
  users: number;
  server?: Promise<PostgresServer>;
}

const KEY = Symbol.for('cardctl.test.postgres');

function sharedServer(): SharedServer {
  const holder = globalThis as { [KEY]?: SharedServer };
  holder[KEY] ??= { users: 0 };
  return holder[KEY];
}
