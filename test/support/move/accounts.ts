import Database from 'better-sqlite3';
import pg from 'pg';

/** A small database that is no game: balances, and every operation that ever changed one. */
const SCHEMA = `
  CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, balance INTEGER NOT NULL);
  CREATE TABLE operation (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL UNIQUE,
    account INTEGER NOT NULL REFERENCES account(id),
    amount  INTEGER NOT NULL
  );`;

export function makeAccounts(
  path: string,
  { accounts, journalMode }: { accounts: number; journalMode: 'wal' | 'delete' },
): void {
  const db = new Database(path);
  db.pragma(`journal_mode = ${journalMode}`);
  db.exec(SCHEMA);
  const insert = db.prepare('INSERT INTO account VALUES (?, ?, 0)');
  db.transaction(() => {
    for (let id = 1; id <= accounts; id += 1) insert.run(id, `account ${id}`);
  })();
  db.close();
}

export interface Books {
  /** By operation id: how often it is there, and what it did. */
  operations: Map<string, { times: number; account: number; amount: number }>;
  balances: Map<number, number>;
  /** Every row of every table as text, for comparing the two sides. */
  rows: string[];
}

export function sqliteBooks(path: string): Books {
  const db = new Database(path, { readonly: true });
  try {
    return booksOf(
      db.prepare('SELECT number, id, account, amount FROM operation').all() as OperationRow[],
      db.prepare('SELECT id, name, balance FROM account').all() as AccountRow[],
    );
  } finally {
    db.close();
  }
}

export async function postgresBooks(url: string): Promise<Books> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const operations = await client.query('SELECT number, id, account, amount FROM operation');
    const accounts = await client.query('SELECT id, name, balance FROM account');
    return booksOf(operations.rows, accounts.rows);
  } finally {
    await client.end();
  }
}

interface OperationRow {
  number: number | string;
  id: string;
  account: number | string;
  amount: number | string;
}

interface AccountRow {
  id: number | string;
  name: string;
  balance: number | string;
}

function booksOf(operations: OperationRow[], accounts: AccountRow[]): Books {
  const books: Books = { operations: new Map(), balances: new Map(), rows: [] };
  for (const { number, id, account, amount } of operations) {
    const known = books.operations.get(id);
    books.operations.set(id, {
      times: (known?.times ?? 0) + 1,
      account: Number(account),
      amount: Number(amount),
    });
    books.rows.push(`operation ${number} ${id} ${account} ${amount}`);
  }
  for (const { id, name, balance } of accounts) {
    books.balances.set(Number(id), Number(balance));
    books.rows.push(`account ${id} ${name} ${balance}`);
  }
  books.rows.sort();
  return books;
}
