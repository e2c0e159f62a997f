/**
 * Plays against two databases of which one is the authority, as somebody who knows nothing of
 * cardctl would: writes where it was last told to, and, refused, tries the other one. Every
 * operation is noted in a ledger of its own before it is tried and when it is acknowledged, and is
 * tried again until it is.
 *
 *     node --import tsx player-process.ts SQLITE POSTGRES_URL LEDGER NAME OPS_PER_SECOND
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';

const [path = '', url = '', ledger = '', name = '', rate = '50'] = process.argv.slice(2);
const everyMs = 1_000 / Number(rate);

let isStopping = false;
process.on('SIGTERM', () => {
  isStopping = true;
});

type Outcome = 'done' | 'refused' | 'again';
let side: 'sqlite' | 'postgres' = 'sqlite';
let client = null as pg.Client | null;

process.stdout.write('ready\n');
for (let number = 1; !isStopping; number += 1) {
  const startedMs = performance.now();
  const id = `${name}-${number}`;
  const account = 1 + (number % 20);
  const amount = 1 + (number % 7);
  note({ id, account, amount, at: 'intended' });
  while (!isStopping) {
    const outcome = await (side === 'sqlite' ? onSqlite : onPostgres)(id, account, amount);
    if (outcome === 'done') {
      note({ id, account, amount, at: 'acknowledged', side, ms: performance.now() - startedMs });
      break;
    }
    if (outcome === 'refused') side = side === 'sqlite' ? 'postgres' : 'sqlite';
    await sleep(5);
  }
  await sleep(Math.max(0, everyMs - (performance.now() - startedMs)));
}
await client?.end().catch(() => undefined);

function note(line: object): void {
  appendFileSync(ledger, `${JSON.stringify(line)}\n`);
}

async function onSqlite(id: string, account: number, amount: number): Promise<Outcome> {
  let db: Database.Database | null = null;
  try {
    // A connection for each: as the legacy bot has it.
    db = new Database(path, { fileMustExist: true, timeout: 200 });
    db.pragma('synchronous = FULL');
    db.exec('BEGIN IMMEDIATE');
    if (db.prepare('SELECT 1 FROM operation WHERE id = ?').get(id) === undefined) {
      db.prepare('INSERT INTO operation (id, account, amount) VALUES (?, ?, ?)').run(
        id,
        account,
        amount,
      );
      db.prepare('UPDATE account SET balance = balance + ? WHERE id = ?').run(amount, account);
    } else {
      // Acknowledged only by the authority: a follower may lose what it is told it has.
      db.prepare('UPDATE account SET balance = balance WHERE id = ?').run(account);
    }
    db.exec('COMMIT');
    return 'done';
  } catch (error) {
    return (error as { code?: string }).code === 'SQLITE_CONSTRAINT_TRIGGER' ? 'refused' : 'again';
  } finally {
    db?.close();
  }
}

async function onPostgres(id: string, account: number, amount: number): Promise<Outcome> {
  try {
    client ??= await connected();
    await client.query('BEGIN');
    const inserted = await client.query(
      'INSERT INTO operation (id, account, amount) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING',
      [id, account, amount],
    );
    if (inserted.rowCount === 1) {
      await client.query('UPDATE account SET balance = balance + $1 WHERE id = $2', [
        amount,
        account,
      ]);
    }
    await client.query('COMMIT');
    return 'done';
  } catch (error) {
    const { code = '' } = error as { code?: string };
    await client?.query('ROLLBACK').catch(() => undefined);
    if (!/^[0-9A-Z]{5}$/.test(code) || code.startsWith('57')) client = null;
    // A SQLSTATE of our own class.
    return code.startsWith('CC') ? 'refused' : 'again';
  }
}

async function connected(): Promise<pg.Client> {
  const fresh = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 1_000,
    query_timeout: 3_000,
  });
  fresh.on('error', () => {
    client = null;
  });
  await fresh.connect();
  return fresh;
}
