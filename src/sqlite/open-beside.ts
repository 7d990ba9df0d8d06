import Database from 'better-sqlite3';

/** How long a lock of the service is waited for. */
const busyTimeoutMs = 2000;

/**
 * Opens a store's file to be read, be it that a service writes it meanwhile; whoever opens it closes it. Throws what SQLite
 * throws, here already where somebody has it for himself or it is no database.
 */
export function openBeside(path: string): Database.Database {
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  try {
    // Opening alone reads nothing.
    database.pragma('schema_version');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
