import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Whether a store holds accounts, without changing it; one that cannot be read holds none that could log in. */
export function hasAccounts(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    const database = new Database(path, { readonly: true });
    try {
      return database.prepare('SELECT 1 FROM accounts LIMIT 1').get() !== undefined;
    } finally {
      database.close();
    }
  } catch {
    return false;
  }
}
