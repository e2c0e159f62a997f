import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';

export interface PlayerOptions {
  name: string;
  /** The two databases, of which one is the authority. */
  path: string;
  url: string;
  /** A file. */
  ledger: string;
  opsPerSecond: number;
}

/**
 * Plays against two databases as somebody who knows nothing of cardctl would: writes where it was
 * last told to, and, refused, tries the other one. Every operation is noted in a ledger of its own
 * before it is tried and when it is acknowledged, and is tried again until it is.
 *
 * @param signal ends it; what was begun by then is tried until it is acknowledged, or `giveUp`
 */
export async function play(
  { name, path, url, ledger, opsPerSecond }: PlayerOptions,
  signal: AbortSignal,
  giveUp: AbortSignal,
): Promise<void> {
  const everyMs = 1_000 / opsPerSecond;
  const postgres = postgresDesk(url);
  const desks = { sqlite: sqliteDesk(path), postgres };
  const note = (line: object) => appendFileSync(ledger, `${JSON.stringify(line)}\n`);
  let side: 'sqlite' | 'postgres' = 'sqlite';
  for (let count = 1; !signal.aborted; count += 1) {
    const startedMs = performance.now();
    const operation = {
      id: `${name}-${count}`,
      account: 1 + (count % 20),
      amount: 1 + (count % 7),
    };
    note({ ...operation, at: 'intended' });
    while (!giveUp.aborted) {
      const outcome: Outcome = await desks[side].write(operation, name);
      if (typeof outcome === 'object') {
        note({
          ...operation,
          at: 'acknowledged',
          side,
          ...outcome,
          ms: performance.now() - startedMs,
        });
        break;
      }
      if (outcome === 'refused') side = side === 'sqlite' ? 'postgres' : 'sqlite';
      await sleep(5);
    }
    await sleep(Math.max(0, everyMs - (performance.now() - startedMs)));
  }
  await postgres.close();
}

interface Operation {
  id: string;
  account: number;
  amount: number;
}

/** What was written; or that the database is not the authority; or that nobody knows. */
type Outcome = { number: number; ticket: number | null } | 'refused' | 'again';

function sqliteDesk(path: string) {
  return {
    write: async ({ id, account, amount }: Operation, holder: string): Promise<Outcome> => {
      let db: Database.Database | null = null;
      try {
        // A connection for each: as the legacy bot has it. It may share a thread with others.
        db = new Database(path, { fileMustExist: true, timeout: 0 });
        db.pragma('synchronous = FULL');
        db.exec('BEGIN IMMEDIATE');
        const select = db.prepare('SELECT number FROM operation WHERE id = ?').pluck();
        let number = select.get(id);
        let ticket: number | null = null;
        if (number === undefined) {
          number = db
            .prepare('INSERT INTO operation (id, account, amount) VALUES (?, ?, ?)')
            .run(id, account, amount).lastInsertRowid;
          db.prepare('UPDATE account SET balance = balance + ? WHERE id = ?').run(amount, account);
          db.prepare('DELETE FROM ticket WHERE holder = ?').run(holder);
          ticket = Number(
            db.prepare('INSERT INTO ticket (holder) VALUES (?)').run(holder).lastInsertRowid,
          );
        } else {
          // Acknowledged only by the authority: a follower may lose what it is told it has.
          db.prepare('UPDATE account SET balance = balance WHERE id = ?').run(account);
        }
        db.exec('COMMIT');
        return { number: Number(number), ticket };
      } catch (error) {
        const { code } = error as { code?: string };
        return code === 'SQLITE_CONSTRAINT_TRIGGER' ? 'refused' : 'again';
      } finally {
        db?.close();
      }
    },
  };
}

function postgresDesk(url: string) {
  let client: pg.Client | null = null;
  const forget = () => {
    client = null;
  };
  const connected = async (): Promise<pg.Client> => {
    const fresh = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 1_000,
      query_timeout: 3_000,
      application_name: 'player',
    });
    fresh.on('error', forget);
    await fresh.connect();
    return fresh;
  };
  return {
    write: async ({ id, account, amount }: Operation, holder: string): Promise<Outcome> => {
      try {
        client ??= await connected();
        const desk = client;
        await desk.query('BEGIN');
        const inserted = await desk.query(
          `INSERT INTO operation (id, account, amount) VALUES ($1, $2, $3)
           ON CONFLICT (id) DO NOTHING RETURNING number`,
          [id, account, amount],
        );
        let ticket: number | null = null;
        if (inserted.rowCount === 1) {
          await desk.query('UPDATE account SET balance = balance + $1 WHERE id = $2', [
            amount,
            account,
          ]);
          await desk.query('DELETE FROM ticket WHERE holder = $1', [holder]);
          const made = await desk.query(
            'INSERT INTO ticket (holder) VALUES ($1) RETURNING number',
            [holder],
          );
          ticket = Number(made.rows[0]?.number);
        }
        const { rows } = await desk.query('SELECT number FROM operation WHERE id = $1', [id]);
        await desk.query('COMMIT');
        return { number: Number(rows[0]?.number), ticket };
      } catch (error) {
        const { code = '' } = error as { code?: string };
        await client?.query('ROLLBACK').catch(() => undefined);
        if (!/^[0-9A-Z]{5}$/.test(code) || code.startsWith('57')) {
          void client?.end().catch(() => undefined);
          client = null;
        }
        // A SQLSTATE of our own class.
        return code.startsWith('CC') ? 'refused' : 'again';
      }
    },
    close: async () => {
      await client?.end().catch(() => undefined);
    },
  };
}
