/**
 * The store's tables, as steps from an empty file to the newest form; `user_version` tells how many a file has taken. A
 * step that was in a release is never changed: the next one changes what it made.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE accounts (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     name_key TEXT NOT NULL UNIQUE,
     role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
     password_hash TEXT NOT NULL,
     created_ms INTEGER NOT NULL,
     password_changed_ms INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE sessions (
     id TEXT PRIMARY KEY,
     secret_hash TEXT NOT NULL UNIQUE,
     account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
     created_ms INTEGER NOT NULL,
     last_used_ms INTEGER NOT NULL,
     address TEXT NOT NULL,
     user_agent TEXT NOT NULL
   ) STRICT;
   CREATE INDEX sessions_of_account ON sessions (account_id);
   CREATE TABLE tokens (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL UNIQUE,
     role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
     secret_hash TEXT NOT NULL UNIQUE,
     created_ms INTEGER NOT NULL,
     created_by TEXT NOT NULL,
     last_used_ms INTEGER
   ) STRICT;
   CREATE TABLE audit (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     at_ms INTEGER NOT NULL,
     who TEXT NOT NULL,
     action TEXT NOT NULL,
     subject TEXT NOT NULL,
     address TEXT NOT NULL,
     outcome TEXT NOT NULL
   ) STRICT;
   CREATE TABLE device_key (key BLOB NOT NULL) STRICT;
   INSERT INTO device_key (key) VALUES (randomblob(32));
   CREATE TABLE replaced (at_ms INTEGER NOT NULL) STRICT;`,
];
