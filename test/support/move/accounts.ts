import Database from 'better-sqlite3';
import pg from 'pg';

/**
 * A small database that is no game: balances, every operation that ever changed one, and tickets,
 * of which each player keeps only the last: the numbers of those that are gone must not come again.
 */
const SCHEMA = `
  CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, balance INTEGER NOT NULL);
  CREATE TABLE operation (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    id      TEXT NOT NULL UNIQUE,
    account INTEGER NOT NULL REFERENCES account(id),
    amount  INTEGER NOT NULL
  );
  CREATE TABLE ticket (number INTEGER PRIMARY KEY AUTOINCREMENT, holder TEXT NOT NULL);`;

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
  operations: Map<string, { number: number; times: number; account: number; amount: number }>;
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
      db.prepare('SELECT number, holder FROM ticket').all() as TicketRow[],
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
    const tickets = await client.query('SELECT number, holder FROM ticket');
    return booksOf(operations.rows, accounts.rows, tickets.rows);
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

interface TicketRow {
  number: number | string;
  holder: string;
}

function booksOf(operations: OperationRow[], accounts: AccountRow[], tickets: TicketRow[]): Books {
  const books: Books = { operations: new Map(), balances: new Map(), rows: [] };
  for (const { number, id, account, amount } of operations) {
    const known = books.operations.get(id);
    books.operations.set(id, {
      number: Number(number),
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
  for (const { number, holder } of tickets) books.rows.push(`ticket ${number} ${holder}`);
  books.rows.sort();
  return books;
}
