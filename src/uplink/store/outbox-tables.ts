/**
 * The outbox's tables. The small rows are apart from the frames, so that what is looked at often is read in little: `normal`
 * and `high` are the queue, by urgency, `dead` the dead letters; `frames` has the bytes of all three, each with all that is
 * known of its record (record-frame.ts). There is no index: everything is looked up by `seq`, and what does not exist can
 * neither be damaged nor disagree with its table.
 */

/** Of the file, in `user_version`. A form that was in a release is never changed. */
export const outboxForm = 1;

const queue = (name: string) => `CREATE TABLE ${name} (
     seq INTEGER PRIMARY KEY,
     stored_at_ms INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     pictures INTEGER NOT NULL
   ) STRICT`;

/** As they stand in the file's schema, word for word. */
export const outboxTables: readonly string[] = [
  queue('normal'),
  queue('high'),
  `CREATE TABLE dead (
     seq INTEGER PRIMARY KEY,
     refused_at_ms INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     code TEXT NOT NULL,
     topic TEXT NOT NULL
   ) STRICT`,
  'CREATE TABLE frames (seq INTEGER PRIMARY KEY, frame BLOB NOT NULL) STRICT',
  'CREATE TABLE state (id INTEGER PRIMARY KEY, totals BLOB NOT NULL) STRICT',
];
