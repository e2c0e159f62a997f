import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';

type StoreKind = 'sqlite' | 'postgres';

/** Tries again and again, with connections of its own, which of two databases take writes. */
export interface Watch {
  /** What both took while one transaction on each was open. Must stay empty. */
  readonly both: string[];
  readonly tries: number;
  /** The one that took a write last, once it is found so after this call; null after `ms`. */
  nextAccepting(ms: number): Promise<StoreKind | null>;
  stop(): Promise<void>;
}

/**
 * Writes that change nothing, rolled back. The transaction on the one database is held open while
 * the other is tried: an authority cannot move while a writer is at work, so that no time passes
 * between the two tries in which it could.
 */
export function watchWriters(path: string, url: string): Watch {
  const both: string[] = [];
  let tries = 0;
  let isStopped = false;
  let lookers: ((kind: StoreKind) => void)[] = [];
  const found = (kind: StoreKind) => {
    for (const looker of lookers) looker(kind);
  };
  const postgres = postgresProbe(url);
  const probes = { sqlite: sqliteProbe(path), postgres };

  const look = async (first: StoreKind, second: StoreKind) => {
    const one = await probes[first]();
    if (one === null) return;
    try {
      const other = await probes[second]();
      if (other === null) found(first);
      else {
        both.push(`${first} and ${second} at ${new Date().toISOString()}`);
        await other();
      }
    } finally {
      await one();
    }
  };
  const looking = (async () => {
    while (!isStopped) {
      await look('sqlite', 'postgres');
      await look('postgres', 'sqlite');
      tries += 1;
      await sleep(10);
    }
    await postgres.close();
  })();
  return {
    both,
    get tries() {
      return tries;
    },
    nextAccepting: (ms) =>
      new Promise((resolve) => {
        const end = (kind: StoreKind | null) => {
          clearTimeout(timer);
          lookers = lookers.filter((each) => each !== end);
          resolve(kind);
        };
        const timer = setTimeout(() => end(null), ms);
        lookers.push(end);
      }),
    stop: async () => {
      isStopped = true;
      await looking;
    },
  };
}

/** Ends the transaction in which a write was taken. */
type Release = () => Promise<void>;

const WRITE = 'UPDATE account SET balance = balance WHERE id = 1';

function sqliteProbe(path: string): () => Promise<Release | null> {
  return async () => {
    let db: Database.Database | undefined;
    try {
      db = new Database(path, { fileMustExist: true, timeout: 0 });
      db.exec('BEGIN IMMEDIATE');
      db.exec(WRITE);
      return async () => void db?.close();
    } catch {
      db?.close();
      return null;
    }
  };
}

function postgresProbe(url: string): (() => Promise<Release | null>) & { close(): Promise<void> } {
  let client: pg.Client | null = null;
  const connected = async () => {
    const fresh = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 1_000,
      query_timeout: 2_000,
      application_name: 'watch',
    });
    fresh.on('error', () => undefined);
    await fresh.connect();
    await fresh.query(`SET lock_timeout = '500ms'`);
    return fresh;
  };
  const drop = async () => {
    const dropped = client;
    client = null;
    await dropped?.end().catch(() => undefined);
  };
  const probe = async () => {
    try {
      client ??= await connected();
      await client.query('BEGIN');
      await client.query(WRITE);
      const held = client;
      return async () => void (await held.query('ROLLBACK').catch(drop));
    } catch (error) {
      await client?.query('ROLLBACK').catch(() => undefined);
      if (!((error as { code?: string }).code ?? '').startsWith('CC')) await drop();
      return null;
    }
  };
  return Object.assign(probe, { close: drop });
}
